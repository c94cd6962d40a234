"""Tests of the phase census."""
