"""Tests of scripts.engine."""
