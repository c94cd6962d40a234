"""The configs that may be tried on a GPU, and why the others may not."""

import scripts.lib.schemes  # noqa: F401 - before kernels.formats, so that torch can wait
