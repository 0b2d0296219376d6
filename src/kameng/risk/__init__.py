"""What looks like an attack or a mistake 风控: failed lookups, proofs of work, scores of orders, lists, alarms."""
