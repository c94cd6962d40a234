"""Tests of scripts.sim."""
