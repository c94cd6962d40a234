"""Config files for a model and a GPU that nobody measured, with what is to be expected of them."""
