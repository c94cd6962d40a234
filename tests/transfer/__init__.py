"""Tests of scripts.transfer."""
