"""Tests of the evidence of an engine, and of its re-run."""
