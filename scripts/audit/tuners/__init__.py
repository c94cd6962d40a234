"""Real tuners behind the interface: a class of a few lines each."""
