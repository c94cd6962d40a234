"""Tests of the guardrails and of the claim gate."""
