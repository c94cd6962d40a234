"""Tests of the live audit, in Triton's interpreter."""
