"""What the outside may know of an order 查单: lookup, timeline, reveal, live push."""
