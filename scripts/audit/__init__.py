"""Tuners put to the test: one interface, probes for their faults, a steady choice."""
