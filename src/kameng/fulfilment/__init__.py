"""Goods go out 履约: from stock, in the transaction that confirms the payment."""
