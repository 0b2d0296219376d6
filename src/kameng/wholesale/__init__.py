"""Merchants buy 商户采购: goods at their price, orders paid from their balance, and word of what becomes of them."""
