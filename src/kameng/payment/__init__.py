"""Money comes in: attempts, the gateway port, confirm, expire, refund. An attempt is a row; rows are never erased."""
