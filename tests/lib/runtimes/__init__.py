"""Tests of scripts.lib."""
