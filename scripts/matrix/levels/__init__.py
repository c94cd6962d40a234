"""The levels that a cell passes: what is observed on the GPU, and how that is judged."""
