"""Orders of configs on two GPUs, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.alike import ALIKE
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.tables import read_table, to_arrow, write_table
from scripts.statistics.alike import alike, main
from tests.report.copied import filled

H200, H100 = "NVIDIA_H200", "NVIDIA_H100_80GB_HBM3"
LAYER = "E8-N3584-K4096-top2-bf16"
CONFIGS = [f"M16-N{n}-K64-G1-W4-S2" for n in (32, 64, 128, 256)]


def trials(device: str, us: list[float], tokens: int = 1, outcome: str = "correct") -> pd.DataFrame:
    rows = pd.DataFrame({"config_id": CONFIGS[: len(us)], "median_us": us})
    cell_id = f"{device}/{LAYER}/M{tokens}"
    return filled(rows.assign(cell_id=cell_id, outcome=outcome, anchor_us=np.nan), TRIALS)


def on_two() -> pd.DataFrame:
    """A cell whose two fastest the second GPU reverses, and one that is on the first alone."""
    return pd.concat(
        [
            trials(H200, [10.0, 11.0, 12.0, 15.0]),
            trials(H200, [10.0, 11.0], tokens=64),
            trials(H100, [20.0, 16.0, 30.0, 40.0]),
        ],
        ignore_index=True,
    )


def test_both_ways_by_hand() -> None:
    found = alike(on_two())
    to_arrow(found, ALIKE)
    assert found[["source", "device"]].to_numpy().tolist() == [[H100, H200], [H200, H100]]
    assert found["cell_id"].tolist() == [f"{device}/{LAYER}/M1" for device in (H200, H100)]
    # Ranks 1 2 3 4 and 2 1 3 4: one less 6 * 2 / (4 * 15).
    assert found["rank_correlation"].tolist() == pytest.approx([0.8, 0.8])
    assert found["config_id"].tolist() == [CONFIGS[1], CONFIGS[0]]
    assert found["regret"].tolist() == pytest.approx([11 / 10, 20 / 16])


def test_what_fails_on_one_is_not_compared() -> None:
    rows = on_two()
    wrong = (rows["cell_id"].str.startswith(H100)) & (rows["config_id"] == CONFIGS[1])
    rows.loc[wrong, ["outcome", "median_us"]] = ["mismatch", np.nan]
    found = alike(rows).set_index("device")
    assert found["configs"].tolist() == [3, 3]
    assert found.at[H200, "config_id"] == CONFIGS[0] and found.at[H200, "regret"] == 1.0


def test_a_drifting_gpu_is_seen_at_its_usual_clock() -> None:
    rows = on_two().assign(anchor_us=100.0)
    slow = rows["cell_id"].str.startswith(H100) & (rows["config_id"] == CONFIGS[0])
    rows.loc[slow, ["median_us", "anchor_us"]] = [40.0, 200.0]
    assert alike(rows)["regret"].tolist() == pytest.approx([11 / 10, 20 / 16])


def test_one_gpu_is_like_none(tmp_path: Path) -> None:
    one = trials(H200, [10.0, 11.0])
    write_table(tmp_path / "trials.parquet", one, TRIALS)
    out = tmp_path / "alike.parquet"
    assert main(["--trials", str(tmp_path / "trials.parquet"), "--out", str(out)]) == 0
    assert read_table(out, ALIKE).empty
