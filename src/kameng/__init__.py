"""Kameng (卡盟): an order platform for digital goods. Read `journey.py` first."""
