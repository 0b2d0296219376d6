"""Merchants 商户: who buys from us with a program, at which price, and how their requests prove themselves."""
