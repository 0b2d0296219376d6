"""The order 订单: what it is, its number, its one table of states, its one writer."""
