"""Tests of scripts.sim.model."""
