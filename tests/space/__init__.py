"""Tests of scripts.space."""
