"""Ids become numbers; what cannot be is refused by name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import write_table
from scripts.sim.facts import read_facts
from scripts.sim.questions import ask

CELL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"
CONFIG = "M16-N64-K128-G1-W4-S3"


def one(cell: str = CELL, config: str = CONFIG) -> pd.Series:
    return ask(pd.Series([cell]), pd.Series([config]), read_facts([])).iloc[0]


def test_numbers_of_an_id() -> None:
    found = one()
    assert found[["E", "N", "K", "top_k", "tokens"]].tolist() == [8, 3584, 4096, 2, 64]
    assert found[["block_m", "block_n", "block_k", "group_m", "warps", "stages"]].tolist() == [
        16, 64, 128, 1, 4, 3,
    ]  # fmt: skip
    assert found["known"] == 0


def test_a_tile_is_cut_to_the_scale_block() -> None:
    cell = CELL.replace("bf16", "fp8_w8a8_b128x128")
    assert one(cell, "M16-N64-K256-G1-W4-S3")["block_k"] == 128


@pytest.mark.parametrize(
    ("cell", "config", "words"),
    [
        (CELL.replace("M64", "M0"), CONFIG, "tokens is 0; the least is 1"),
        (CELL.replace("E8", "E0"), CONFIG, "E is 0"),
        (CELL.replace("top2", "top9"), CONFIG, "top_k is 9, but there are 8 experts"),
        (CELL.replace("H200", "H2000"), CONFIG, "unknown device 'NVIDIA_H2000'; nearest: NVIDIA_H"),
        (CELL.replace("bf16", "bf17"), CONFIG, "unknown scheme 'bf17'; nearest: bf16"),
        (CELL, "M16-N64-K128-G1-W4", "missing key num_stages"),
        (CELL, f"{CONFIG}-E2", "read by AMD's compiler only"),
        (CELL, "fast please", "is not a config id"),
    ],
)
def test_what_cannot_be_is_named(cell: str, config: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        one(cell, config)


def space_row(config: str, registers: int | None) -> dict[str, object]:
    facts = {"shared_bytes": 40_000, "registers": registers, "spills": 3}
    row = {"device": "NVIDIA_H100_80GB_HBM3", "scheme": "bf16", "config_id": config}
    row |= {"legal": registers is not None, "least_shared_bytes": 1} | facts
    return {name: row.get(name) for name in SPACE.names}


def test_the_compilers_facts_replace_the_estimate(tmp_path: Path) -> None:
    other = CONFIG.replace("G1", "G16")
    frame = pd.DataFrame([space_row(CONFIG, 77), space_row(other, None)], dtype=object)
    path = tmp_path / "space.parquet"
    write_table(path, frame.convert_dtypes(), SPACE)
    cells, configs = pd.Series([CELL, CELL]), pd.Series([other, CONFIG])
    found = ask(cells, configs, read_facts([path]))
    # Facts of sm_90 hold for every GPU of that architecture.
    assert found["known"].tolist() == [0, 1]
    assert found.loc[1, ["registers", "spills", "shared"]].tolist() == [77, 3, 40_000]
    assert found.loc[0, "registers"] == one(config=other)["registers"]
