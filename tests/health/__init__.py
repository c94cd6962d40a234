"""Tests of scripts.health."""
