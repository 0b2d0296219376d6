"""What Reloadly says, for tests."""

import json
from typing import Any

from kameng.adapters.suppliers.reading import read_json

# The published examples, as the platform writes them.
TOP_UP_EXAMPLE = """{"transactionId": 4602843, "status": "SUCCESSFUL",
 "operatorTransactionId": "7297929551:OrderConfirmed",
 "customIdentifier": "K1-1", "recipientPhone": 447951631337, "discount": 63.37, "discountCurrencyCode": "NGN",
 "requestedAmount": 3168.4, "requestedAmountCurrencyCode": "NGN", "deliveredAmount": 4.9985,
 "balanceInfo": {"oldBalance": 5109.53732, "newBalance": 2004.50532, "currencyCode": "NGN"}}"""
GIFT_EXAMPLE = """{"transactionId": 1, "amount": 34536.21, "discount": 1709.72, "currencyCode": "NGN", "fee": 285.00,
 "customIdentifier": "K1-1", "status": "SUCCESSFUL", "product": {"productId": 1, "quantity": 1, "unitPrice": 59.99}}"""
OPERATOR = {
    "operatorId": 341,
    "name": "MTN Nigeria",
    "pin": False,
    "supportsLocalAmounts": False,
    "denominationType": "FIXED",
    "senderCurrencyCode": "USD",
    "destinationCurrencyCode": "NGN",
    "country": {"isoName": "NG", "name": "Nigeria"},
    "fixedAmounts": [5.0, 10],
    "localFixedAmounts": [],
}
CARD = {
    "productId": 1,
    "productName": "1-800-PetSupplies",
    "senderFee": 205.29,
    "denominationType": "FIXED",
    "recipientCurrencyCode": "USD",
    "senderCurrencyCode": "NGN",
    "fixedRecipientDenominations": [25.00, 50.00],
    "fixedSenderDenominations": [10264.50, 20529.00],
    "brand": {"brandName": "PetSupplies"},
    "country": {"isoName": "US"},
}


def read(value: Any) -> Any:
    """As it comes from the wire: numbers are texts."""
    return read_json(value if isinstance(value, str) else json.dumps(value))
