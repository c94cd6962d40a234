"""The feature matrix: an engine's switches, one at a time and crossed, through their levels."""
