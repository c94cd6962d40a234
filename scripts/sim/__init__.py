"""graphx-sim: what a config will cost on a GPU, predicted before anything runs there."""

import scripts.lib.schemes  # noqa: F401 - before kernels.formats, so that torch can wait
