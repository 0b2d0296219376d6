"""The API for merchants' programs: signed with KM1-HMAC-SHA256, paid from the balance. Amounts in fen."""
