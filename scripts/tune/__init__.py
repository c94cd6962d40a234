"""Tune a layer for a GPU: scripts.transfer asks, the worker of scripts.measure answers."""

import scripts.lib.schemes  # noqa: F401 - before kernels.formats, so that torch can wait
