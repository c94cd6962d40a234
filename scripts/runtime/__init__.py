"""The engine that people serve with: its operator, measured as graphx's own kernels are."""
