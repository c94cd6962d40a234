"""One module per strategy or baseline; all speak scripts.transfer.strategy.Strategy."""
