"""What staff may know of orders 客服台, how they find them, and what can be done about each next."""
