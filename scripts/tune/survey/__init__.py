"""A GPU that was never recorded: what to measure on it, in order of value; its recording."""
