"""The API for guests: the same journey as the pages, for programs. Amounts in fen, order numbers as strings."""
