"""Goods go out 履约: from the vault with the payment, or through suppliers, who are asked until it is known."""
