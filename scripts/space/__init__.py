"""The configs that may be tried on a GPU, and why the others may not."""
