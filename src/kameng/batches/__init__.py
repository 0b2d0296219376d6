"""Batches 批量处理: one thing done to many orders, previewed, agreed to, done one by one, and stopped at any time."""
