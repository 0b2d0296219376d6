"""The shop as buyers see it: choose, order, pay, read the code, look it up again."""
