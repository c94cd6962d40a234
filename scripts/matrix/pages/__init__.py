"""The pages of a matrix: filled by the run, none of them by hand."""
