"""Double-entry books 账本: what guests and merchants have paid, got back, and have left. Nothing in it is rewritten."""
