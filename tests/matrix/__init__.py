"""Tests of the feature matrix."""
