"""The audit on a GPU: live benches, tuners in fresh processes, their ledger."""
