"""Run a suite of engine configurations, and say later whether what it showed still stands."""
