"""A wish becomes an order with a promised price 下单."""
