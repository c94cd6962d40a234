"""Tests of scripts.serving."""
