"""What every package stands on: money, time, errors, state tables, secrets, transactions, jobs. No domain noun."""
