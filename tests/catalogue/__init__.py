"""Tests of scripts.catalogue."""
