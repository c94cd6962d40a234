"""Measure configs on a GPU: compile once, check, time, decide ties in interleaved finals."""
