"""Tests of mining."""
