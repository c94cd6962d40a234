"""Tests of scripts.tune."""
