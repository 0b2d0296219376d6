"""The card vault 卡密库: codes come in sealed, are reserved, sold, and read again by whoever bought them."""
