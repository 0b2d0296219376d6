"""Double-entry books 账本 of what merchants have paid in, spent, and have left. Nothing in it is ever rewritten."""
