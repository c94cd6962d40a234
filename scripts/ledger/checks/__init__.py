"""What the integrity scan looks for in a ledger, one kind of violation per module."""
