"""The recipes' own files are tested where they are put, in a copy of the tree."""

collect_ignore = ["phase", "strategy"]
