"""Surveys: what is planned on a GPU that was never recorded, and the recording of it."""
