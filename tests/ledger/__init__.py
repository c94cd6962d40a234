"""Tests of the ledger's tables."""
