"""What other GPUs' files hold for a cell, and what becomes of it here."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.lib.config import parse_id
from scripts.lib.legality import Legality
from scripts.lib.schemas.history import Status
from scripts.lib.shape import Cell, parse_shape
from scripts.transfer.committed_files import History
from scripts.transfer.legal import LegalSpace
from scripts.tune.sources import carried_from, legality, outside

SHAPE = parse_shape("E8-N3584-K4096-top2-bf16")
CELL = Cell("NVIDIA_H200", SHAPE, 64)
INSIDE, ODD, BIG = (
    parse_id(name)
    for name in ("M16-N64-K128-G1-W4-S3", "M8-N64-K128-G1-W4-S3", "M256-N256-K256-G1-W8-S5")
)
LEGAL = LegalSpace([INSIDE])


HELD = {"NVIDIA_A100-SXM4-80GB": INSIDE, "NVIDIA_H100_80GB_HBM3": ODD, "NVIDIA_B200": BIG}
FILES = History(
    pd.DataFrame(
        [
            {
                "file": f"E=8,N=3584,device_name={device}.json", "device": device,
                "E": 8, "N": 3584,
                "scheme": "bf16", "backend": "", "status": Status.CONFIG, "reachable": True,
                "position": 0, "batch": 64, "config_id": config.id,
            }
            for device, config in HELD.items()
        ]
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("config", "word"),
    [(INSIDE, Legality.LEGAL), (ODD, Legality.OUTSIDE), (BIG, Legality.ILLEGAL)],
)
def test_three_words(config, word):
    assert legality(CELL, config, LEGAL) is word


def test_what_no_search_would_try_is_compared_all_the_same():
    assert outside(FILES, CELL, list(HELD), LEGAL) == {"S1:NVIDIA_H100_80GB_HBM3": ODD}


def test_words_say_which_it_is():
    odd = carried_from(FILES, CELL, "NVIDIA_H100_80GB_HBM3", LEGAL)
    assert odd.words.startswith("outside the searched space, tried beside it; nearest")
    big = carried_from(FILES, CELL, "NVIDIA_B200", LEGAL)
    assert big.words.startswith("illegal here; nearest legal: BLOCK_SIZE_M 256 -> 16")
    assert carried_from(FILES, CELL, "NVIDIA_A100-SXM4-80GB", LEGAL).words == ""
