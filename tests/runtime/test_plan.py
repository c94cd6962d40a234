"""What is planned of recorded finals, recomputed by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.config import parse_id
from scripts.lib.files import InputError
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import parse_cell, parse_shape
from scripts.lib.tables import read_table, write_table
from scripts.runtime.plan import beyond, packed, plan, read

A, B, C, D = (f"M16-N{n}-K64-G1-W4-S3" for n in (32, 64, 128, 256))
BF16 = [f"NVIDIA_H200/E8-N256-K512-top2-bf16/M{m}" for m in (1, 4)]
BLOCK = "NVIDIA_H200/E8-N256-K512-top2-fp8_w8a8_b128x128/M1"
INT4 = "NVIDIA_H200/E8-N256-K512-top2-int4_w4a16_zp/M1"
US = {A: 10.0, B: 9.0, C: 8.0, D: 11.0}


def recorded(cells: dict[str, str | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CELLS and FINALS of cells, by id the committed config; all have the same four finalists."""
    rows = [{"cell_id": cell_id, "committed_id": config} for cell_id, config in cells.items()]
    us = [
        {"cell_id": cell_id, "config_id": config, "slot": slot, "round": n, "us": time + n}
        for cell_id in cells
        for n in range(3)
        for slot, (config, time) in enumerate([*US.items(), (A, 10.0)])
    ]
    return pd.DataFrame(rows), pd.DataFrame(us)


def names(rows: pd.DataFrame, cell_id: str) -> dict[str, str]:
    mine = rows[rows["cell_id"] == cell_id]
    assert mine["order"].tolist() == list(range(len(mine)))
    return dict(zip(mine["config_id"], mine["proposed_by"], strict=True))


def test_committed_comes_first_then_the_default_then_the_fastest_others():
    rows = plan(*recorded({BF16[0]: A}), most=2)
    default = default_config(parse_cell(BF16[0]).shape, 1).id
    assert names(rows, BF16[0]) == {A: "committed", default: "default", C: "chosen", B: "chosen"}


def test_a_config_in_two_roles_is_one_trial_that_says_both():
    default = default_config(parse_cell(BLOCK).shape, 1).id
    rows = plan(*recorded({BLOCK: default}), most=1)
    assert names(rows, BLOCK) == {default: "committed,default", C: "chosen"}


def test_a_cell_without_a_committed_file_or_a_default_has_the_fastest():
    assert names(plan(*recorded({INT4: None}), most=3), INT4) == dict.fromkeys([C, B, A], "chosen")


def test_formats_take_turns_unless_layers_are_named():
    cells = recorded(dict.fromkeys([*BF16, BLOCK], A))
    other = [cell_id.replace("N256", "N512") for cell_id in BF16]
    more = recorded(dict.fromkeys(other, A))
    both = [pd.concat(pair) for pair in zip(cells, more, strict=True)]
    order = plan(*both, most=1)["cell_id"].drop_duplicates().tolist()
    assert order == [*BF16, BLOCK, *other]
    named = plan(*both, most=1, shapes=[parse_cell(other[0]).shape.id], tokens=[4])
    assert named["cell_id"].unique().tolist() == [other[1]]
    with pytest.raises(InputError, match="--shapes E9"):
        plan(*both, most=1, shapes=["E9"])
    with pytest.raises(InputError, match="no cell"):
        plan(*both, most=1, tokens=[77])


def folder(path: Path, cells: dict[str, str | None]) -> Path:
    """A recording's tables."""
    for table, frame in zip((CELLS, FINALS), recorded(cells), strict=True):
        full = frame.reindex(columns=table.names)
        for column in table.columns:
            if not column.nullable and full[column.name].isna().all():
                full[column.name] = (
                    False
                    if str(column.type) == "bool"
                    else ("" if str(column.type) == "string" else 0)
                )
        write_table(path / f"{table.name}.parquet", full, table)
    return path


def written(path: Path) -> Path:
    """A plan on disk."""
    out = path / "plan.parquet"
    write_table(out, plan(*recorded({BF16[0]: A}), most=1), PLAN)
    return out


def test_a_cell_of_two_recordings_is_taken_from_the_first(tmp_path):
    first, second = (
        folder(tmp_path / "1", {BF16[0]: A}),
        folder(tmp_path / "2", {BF16[0]: B, INT4: None}),
    )
    cells, finals = read([first, second])
    assert cells["cell_id"].tolist() == [BF16[0], INT4]
    assert cells["committed_id"].dropna().tolist() == [A]
    assert len(finals) == 2 * 3 * 5
    assert read_table(written(tmp_path), PLAN)["proposed_by"].tolist()[0] == "committed"


def test_batch_sizes_that_only_files_have_take_the_candidates_of_the_nearest():
    made = plan(*recorded({BF16[0]: A, BF16[1]: A}), most=2)
    other = BF16[0].replace("/M1", "/M8")
    files = pd.DataFrame(
        [
            {"device": "NVIDIA_H200", "E": 8, "N": 256, "scheme": "bf16", "batch": float(batch),
             "config_id": D, "reachable": reachable}
            for batch, reachable in ((1, True), (4, True), (8, True), (16, False))
        ]
    )  # fmt: skip
    rows = beyond(made, BF16, files)
    default = default_config(parse_cell(other).shape, 8).id
    assert set(rows["cell_id"]) == {other}
    assert names(rows, other) == {D: "committed", default: "default", C: "chosen", B: "chosen"}
    assert beyond(made, [*BF16, other], files).empty
    assert beyond(made, BF16, files.assign(device="NVIDIA_H100_80GB_HBM3")).empty


def test_packed_weights_get_the_default_and_tiles_that_their_kernel_takes():
    shape = parse_shape("E64-N1408-K2048-top6-int4_w4a16")
    rows = packed(shape, "NVIDIA_H200", [1, 64, 128])
    for cell_id, mine in rows.groupby("cell_id"):
        cell = parse_cell(str(cell_id))
        first, *others = map(parse_id, mine.sort_values("order")["config_id"])
        assert first == default_config(shape, cell.tokens)
        if cell.tokens < 128:  # 64 tokens x top 6 are 6 an expert, the most for the CUDA kernel
            assert {one.block_size_m for one in others} == {first.block_size_m}
            assert {one.block_size_k for one in others} == {128}  # 1408 is 11 groups
        else:
            assert {one.block_size_m for one in others} == {16, 32, 64, 128}
        assert len(others) == len(set(others)) >= 3
    with pytest.raises(InputError, match="scheme of packed weights"):
        packed(parse_shape("E8-N256-K512-top2-bf16"), "NVIDIA_H200", [1])
