"""The learned correction: what the equations miss, from what was measured."""
