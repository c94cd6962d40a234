"""How a step holds its memory: it lives for seconds and holds tables of many objects."""

from __future__ import annotations

import ctypes
import gc

# New objects before Python looks for unreachable cycles, and rounds before it looks among older
# ones. Steps make hardly any cycle: at the default of 700 objects the search took two fifths of
# the ledger scan and a tenth of most other steps.
_COLLECT = (200_000, 20, 50)
# Parameters of glibc's mallopt: what is freed at the top of the heap goes back from so many bytes
# on, and what is as large is asked of the system by itself. By default arrays of a resample are
# given back and asked for again, each time page by page: half of a bootstrap's time.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _BYTES = -1, -3, 1 << 30


def keep_memory() -> None:
    """Keep what was freed, and seldom look for cycles; children that are forked do likewise."""
    gc.set_threshold(*_COLLECT)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # none outside of Linux
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _BYTES)
        mallopt(_MMAP_THRESHOLD, _BYTES)
