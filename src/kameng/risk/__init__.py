"""What looks like an attack or a mistake 风控: budgets of failed lookups, proofs of work, alarms for staff."""
