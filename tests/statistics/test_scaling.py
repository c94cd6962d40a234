"""A simulated cluster: what is dealt out is all there is, and time adds up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.recorded import BINARIES, RECORDED
from scripts.lib.schemas.scaling import SCALING, Layout
from scripts.lib.tables import read_table, write_table
from scripts.statistics.scaling import Cluster, Work, jobs, main, scaling, simulate, work_of

CELLS = [f"NVIDIA_H200/E8-N{n}-K1024-top2-{scheme}/M{m}"
         for n in (256, 512) for scheme in ("bf16", "fp8_w8a8") for m in (1, 64, 4096)]  # fmt: skip
SHARES = ["measuring", "starting", "compiling", "repeating", "waiting"]


def work(seconds=60.0, trials=100):
    schemes = [cell.split("-")[-1].split("/")[0] for cell in CELLS]
    cells = pd.DataFrame({"scheme": schemes, "trials": trials, "seconds": seconds}, index=CELLS)
    return Work(cells, 2.0)


def recorded(device="NVIDIA_H200"):
    frame = pd.DataFrame({name: [None] * len(CELLS) for name in RECORDED.names})
    return frame.assign(
        cell_id=CELLS, device=device, scheme="bf16", trials=7, trial_seconds=3.0,
        around_seconds=[None, *[1.0] * (len(CELLS) - 1)],
    )  # fmt: skip


BUILT = pd.DataFrame(
    {"dataset": "d", "device": "NVIDIA_H200", "outcome": "correct", "binaries": 5,
     "cpu_seconds": 10.0}, index=[0],
)  # fmt: skip


@pytest.mark.parametrize("gpus", [1, 2, 5, 12, 100])
def test_jobs_hold_every_cell_once(gpus):
    found = jobs(work(), gpus)
    assert len(found) == gpus
    assert found["cells"].sum() == len(CELLS)
    assert found["trials"].sum() == 100 * len(CELLS)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("gpus", [1, 3, 100])
def test_the_shares_are_all_of_the_time(layout, gpus):
    row = simulate(work(), gpus, layout, Cluster(14.0, 4, 5.0, 1))
    assert sum(row[name] for name in SHARES) == pytest.approx(1.0)
    assert min(row[name] for name in SHARES) >= 0.0


def test_one_job_without_kills_by_hand():
    row = simulate(work(), 1, Layout.SHARED, Cluster(14.0, 4, 0.0, 1))
    # Two formats of 100 configs, four to a binary, two seconds each on four processors.
    compiling = 2 * 25 * 2.0 / 4
    assert row["seconds"] == pytest.approx(14.0 + compiling + 60.0 * len(CELLS))
    assert row["kills"] == row["waiting"] == row["repeating"] == 0
    assert row["compiling"] == pytest.approx(compiling / row["seconds"])


def test_kinds_multiply_the_trials_and_not_the_time():
    one, many = (simulate(work(), n, Layout.KINDS, Cluster(14.0, 4, 0.0, 1)) for n in (1, 50))
    assert many["trials"] == 50 * one["trials"]
    assert many["seconds"] == one["seconds"]
    assert many["largest"] == one["largest"]


def test_sharing_ends_no_sooner_than_the_longest_cell():
    seconds = [600.0, *[1.0] * (len(CELLS) - 1)]
    rows = scaling(work(seconds), [1, 4, 1000], Cluster(0.0, 4, 0.0, 1))
    shared = rows[rows["layout"] == "shared"]
    assert (shared["seconds"] >= 600.0).all()
    assert shared["seconds"].is_monotonic_decreasing


def test_kills_cost_starts_and_begun_cells_alike_by_seed():
    calm, rough, again = (
        simulate(work(), 3, Layout.SHARED, Cluster(14.0, 4, rate, 1)) for rate in (0.0, 30.0, 30.0)
    )
    assert rough["kills"] > 0
    assert rough["seconds"] > calm["seconds"]
    assert rough == again


def test_what_was_recorded_is_added_up_cell_by_cell():
    both = pd.concat([recorded(), recorded().assign(dataset="second")])
    found = work_of(both, BUILT)
    assert found.binary_s == 2.0
    assert found.cells["trials"].tolist() == [14] * len(CELLS)
    assert np.allclose(found.cells["seconds"].sort_values(), [6.0, *[8.0] * (len(CELLS) - 1)])
    other = work_of(pd.concat([recorded(), recorded("NVIDIA_B200")]), BUILT)
    assert len(other.cells) == len(CELLS)
    with pytest.raises(InputError, match="nothing to share out"):
        work_of(recorded().iloc[:0], BUILT)


def test_the_command_writes_the_table(tmp_path, capsys):
    frame = recorded().assign(
        **{name: 0 for name in RECORDED.names if recorded()[name].isna().all()}
    )
    for name in ("complete", "committed"):
        frame[name] = True
    frame = frame.assign(dataset="d", shape_id="s", reason=None, marks=None)
    write_table(tmp_path / "r.parquet", frame[RECORDED.names], RECORDED)
    write_table(tmp_path / "b.parquet", BUILT, BINARIES)
    command = ["--recorded", str(tmp_path / "r.parquet"), "--binaries", str(tmp_path / "b.parquet")]
    command += ["--gpus", "1", "2", "--start", "14", "--cores", "8", "--seed", "1"]
    out = tmp_path / "s.parquet"
    assert main([*command, "--kills-per-hour", "0.1", "--out", str(out)]) == 0
    assert read_table(out, SCALING)["gpus"].tolist() == [1, 2, 1, 2]
    assert main([*command, "--kills-per-hour", "-1", "--out", str(out)]) == 2
    assert "0 or more" in capsys.readouterr().err
