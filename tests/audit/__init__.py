"""Tests of scripts.audit."""
