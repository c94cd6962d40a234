"""Which labels are censored."""

from __future__ import annotations

import pytest

from scripts.lib.config import Config
from scripts.lib.runtimes.file_name import FileName
from scripts.lib.schemas.history import Censored
from scripts.mine.censoring import censored

BLOCK_FP8 = FileName(8, 2048, "NVIDIA_H200", "fp8_w8a8", "[128,128]")
WHOLE = Config(16, 128, 256, 1, 4, 3)
SMALL_N = Config(16, 64, 128, 1, 4, 3)
SMALL_K = Config(16, 128, 64, 1, 4, 3)


@pytest.mark.parametrize(
    ("name", "configs", "expected"),
    [
        (BLOCK_FP8, [WHOLE, WHOLE], Censored.TILES_MULTIPLE_OF_BLOCK),
        (BLOCK_FP8, [WHOLE, SMALL_N], None),
        (BLOCK_FP8, [WHOLE, SMALL_K], None),
        (BLOCK_FP8, [], None),
        (FileName(8, 2048, "NVIDIA_H200", "fp8_w8a8", "[64,64]"), [SMALL_N],
         Censored.TILES_MULTIPLE_OF_BLOCK),
        (FileName(8, 2048, "NVIDIA_H200", "fp8_w8a8"), [WHOLE], None),
        (FileName(8, 2048, "NVIDIA_H200", "int8_w8a8", "[128,128]"), [WHOLE], None),
    ],
)  # fmt: skip
def test_censored(name: FileName, configs: list[Config], expected: Censored | None) -> None:
    assert censored(name, configs) == expected
