"""Labels that are the best of a curtailed search only.

For block-quantised fp8 the upstream tuner kept only configs whose BLOCK_SIZE_N and BLOCK_SIZE_K
are multiples of the block, although the kernel takes smaller ones (benchmark_moe.py in
vllm-project/vllm; files tuned without that restriction came in on 2026-06-25). A file whose tiles
are all such multiples may owe that to the restriction: its label is censored, on any vendor.
"""

from __future__ import annotations

from collections.abc import Iterable

from scripts.lib.config import Config
from scripts.lib.runtimes.file_name import FileName
from scripts.lib.schemas.history import Censored


def censored(name: FileName, configs: Iterable[Config]) -> Censored | None:
    """Why the file's configs are censored labels; None if nothing says so."""
    tuned = list(configs)
    if name.dtype != "fp8_w8a8" or not name.block_shape or not tuned:
        return None
    block_n, block_k = (int(side) for side in name.block_shape.strip("[]").split(","))
    curtailed = all(c.block_size_n % block_n == 0 and c.block_size_k % block_k == 0 for c in tuned)
    return Censored.TILES_MULTIPLE_OF_BLOCK if curtailed else None
