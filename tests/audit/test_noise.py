"""Noise of A/A pairs: their ratios over the root of two, by class of M."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.audit.noise import ROUND, TIMING, Noise, main, noise
from scripts.lib.files import InputError
from scripts.lib.schemas.audit import NOISE
from scripts.lib.schemas.measured import FINALS
from scripts.lib.tables import read_table, write_table
from tests.transfer.study import CELLS_SMALL, CONFIGS, DEVICE, filled


def finals(seed: int, rounds: int = 10) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        {"cell_id": cell.id, "config_id": CONFIGS[slot // 2].id, "slot": slot, "round": at,
         "us": 50.0 * float(np.exp(rng.normal(0, 0.01)))}
        for cell in CELLS_SMALL for slot in range(3) for at in range(rounds)
    ]  # fmt: skip
    return filled(FINALS, rows)


def test_rounds_and_timings_by_hand() -> None:
    fresh, fixed = finals(1), finals(2)
    table = noise(fresh, fixed)
    assert (table["kind"].value_counts() == pd.Series({ROUND: 30, TIMING: 3})).all()
    for kind, source in ((ROUND, fresh), (TIMING, fixed)):
        wide = source[source["slot"] < 2].pivot_table(
            index=["cell_id", "round"], columns="slot", values="us"
        )
        logs = np.log(wide[0] / wide[1]) / np.sqrt(2)
        wanted = logs if kind == ROUND else logs.groupby("cell_id").mean()
        found = np.sort(table.loc[table["kind"] == kind, "value"])
        assert found == pytest.approx(np.sort(wanted), abs=1e-9)


def test_draws_have_either_sign() -> None:
    pool = Noise(noise(finals(1), finals(2))).pool(DEVICE, ROUND, 1)
    assert np.sort(pool) == pytest.approx(-np.sort(-pool)[::-1] * 1.0)
    assert pool.sum() == pytest.approx(0)


def test_nothing_recorded_is_an_error() -> None:
    with pytest.raises(InputError, match="no round of M up to 32 is recorded on NVIDIA_B200"):
        Noise(noise(finals(1), finals(2))).pool("NVIDIA_B200", ROUND, 1)


def test_command(tmp_path: Path) -> None:
    for name, seed in (("fresh", 1), ("fixed", 2)):
        write_table(tmp_path / f"{name}.parquet", finals(seed), FINALS)
    words = [word for name in ("fresh", "fixed")
             for word in (f"--{name}", str(tmp_path / f"{name}.parquet"))]  # fmt: skip
    out = tmp_path / "noise.parquet"
    assert main([*words, "--out", str(out)]) == 0
    assert len(read_table(out, NOISE)) == 33
    alone = finals(1)
    write_table(tmp_path / "fresh.parquet", alone[alone["slot"] == 0], FINALS)
    assert main([*words, "--out", str(out)]) == 2
