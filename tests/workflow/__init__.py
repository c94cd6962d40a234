"""The workflow as a whole, run in clones of this tree."""
