"""Suppliers: one module per protocol, `table.py` says which there are."""
