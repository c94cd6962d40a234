"""Tests of scripts.sim.learned."""
