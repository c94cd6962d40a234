"""Tests of scripts.transfer.strategies."""
