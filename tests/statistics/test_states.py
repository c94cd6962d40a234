"""Power-limited and unsteady cells: planted clocks, finals and runs, each figure by plain numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.states import STATES, Power, Shown, Steadiness, Unprobed
from scripts.lib.tables import read_table, write_table
from scripts.statistics.states import finals_over_sweep, main, side_by_side, states
from tests.report.copied import filled
from tests.statistics.test_spread import cell

BAND = 0.01
# median and highest SM clock, readings, finals over sweep -> what is shown
CLOCKS: list[tuple[float | None, float | None, int | None, float | None, Shown | None]] = [
    (2000, 2000, 9, 1.000, None),
    (1981, 2000, 9, 1.009, None),  # both within the band
    (1979, 2000, 9, 1.000, Shown.CLOCK),
    (2000, 2000, 9, 1.011, Shown.FINALS),
    (1500, 1900, 9, 1.200, Shown.BOTH),
    (1900, 2000, 2, 1.000, None),  # the first of two readings is the cell before
    (1900, 1960, 2, 1.000, Shown.CLOCK),  # none of them was high
    (1900, 1960, None, 1.000, None),  # read between trials only
    (2000, 2000, 9, None, None),
    (None, None, None, None, None),  # nothing is known
]
ALONE = [{"run_id": "r", "started": "2026-01-01T00:00:00Z", "gpu": {"uuid": "a"}}]


def cells(count: int = len(CLOCKS), **more: object) -> pd.DataFrame:
    rows = pd.DataFrame({"cell_id": [cell(number) for number in range(count)]})
    about = {"device": "NVIDIA_H200", "tokens": 1, "run_id": "r", "drift": 0.01, "marks": ""}
    return filled(rows.assign(**about | more), CELLS)


def clocked() -> pd.DataFrame:
    median, most, readings, *_ = zip(*CLOCKS, strict=True)
    return cells(sm_clock_mhz=median, sm_clock_max_mhz=most, readings=readings)


def timed(ratios: list[float | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trials of 10 us, and finals that are as much slower; two slots run one config."""
    known = [(cell(place), ratio) for place, ratio in enumerate(ratios) if ratio is not None]
    trials = [
        {"cell_id": name, "config_id": config, "outcome": "correct", "median_us": us}
        for name, _ in known
        for config, us in (("a", 10.0), ("b", 20.0), ("c", 30.0))
    ]
    finals = [
        {"cell_id": name, "config_id": config, "slot": slot, "round": number, "us": us * ratio}
        for name, ratio in known
        for slot, (config, us) in enumerate((("a", 10.0), ("b", 20.0), ("c", 30.0), ("a", 10.0)))
        for number in range(5)
    ]
    return filled(pd.DataFrame(trials), TRIALS), filled(pd.DataFrame(finals), FINALS)


def planted() -> pd.DataFrame:
    return states(clocked(), *timed([one[3] for one in CLOCKS]), ALONE, BAND)


def test_the_power_limit_is_shown_by_clock_or_finals() -> None:
    found = planted()
    shown = found["shown_by"].astype(object).where(found["shown_by"].notna(), None)
    assert shown.tolist() == [one[4] for one in CLOCKS]
    expected = [Power.FREE if one[4] is None else Power.LIMITED for one in CLOCKS]
    assert found["power"].tolist() == [*expected[:-1], Power.UNKNOWN]
    clock = [one[0] / 2000 for one in CLOCKS[:5]]  # type: ignore[operator]
    assert found["clock"].tolist()[:5] == pytest.approx(clock)
    assert found["clock"].isna().tolist()[7:] == [True, False, True]


def test_finals_over_sweep_is_that_of_plain_numpy() -> None:
    rng = np.random.default_rng(3)
    names = list("abcdefg")
    sweep = rng.uniform(10, 50, len(names))
    rounds = sweep * rng.uniform(0.95, 1.2, len(names)) * rng.lognormal(0, 0.01, (9, len(names)))
    trials = pd.DataFrame({"config_id": names, "median_us": sweep}).assign(
        cell_id=cell(1), outcome="correct", stopped_by=["slow", *["cap"] * (len(names) - 1)]
    )
    trials.loc[1, "outcome"] = "mismatch"
    finals = pd.DataFrame(rounds, columns=names).melt(var_name="config_id", value_name="us")
    row = finals_over_sweep(trials, finals.assign(cell_id=cell(1))).loc[cell(1)]
    logs = np.log(np.median(rounds, axis=0) / sweep)[2:]  # what was cut short or wrong is left out
    assert row["configs"] == len(logs)
    assert row["finals"] == pytest.approx(np.exp(np.median(logs)))
    assert row["apart"] == pytest.approx(np.sqrt(((logs - logs.mean()) ** 2).sum() / 4))


@pytest.mark.parametrize(
    ("more", "steadiness", "why"),
    [
        ({}, Steadiness.STEADY, None),
        ({"marks": "drifted"}, Steadiness.DRIFTED, None),
        ({"marks": "throttled"}, Steadiness.DRIFTED, None),
        ({"drift": 0.0}, Steadiness.UNPROBED, Unprobed.ANCHOR),
        ({"anchor_error": "out of memory"}, Steadiness.UNPROBED, Unprobed.ANCHOR),
        ({"run_id": "beside"}, Steadiness.UNPROBED, Unprobed.OTHERS),
        ({"run_id": "beside", "marks": "drifted"}, Steadiness.DRIFTED, None),
        ({"run_id": "probed"}, Steadiness.STEADY, None),
    ],
)
def test_what_nobody_probed_is_not_steady(
    more: dict[str, object], steadiness: Steadiness, why: Unprobed | None
) -> None:
    runs = [*ALONE, run("beside", "b", 2), run("probed", "c", 2, ratio=1.0)]
    runs[0] = run("r", "a", 9)
    found = states(cells(1, **more), *timed([1.0]), runs, BAND).iloc[0]
    assert found["steadiness"] == steadiness
    assert why == found["unprobed_by"] if why else pd.isna(found["unprobed_by"])


def run(name: str, gpu: str, hour: int, second: int = 0, **probed: float) -> dict[str, Any]:
    entry = {"run_id": name, "gpu": {"uuid": gpu}}
    entry["started"] = f"2026-01-01T{hour:02}:00:{second:02}Z"
    return entry | ({"disturbance": probed} if probed else {})


def test_runs_side_by_side_are_those_that_began_together_on_other_gpus() -> None:
    runs = [run("1", "a", 1), run("2", "b", 1, 40), run("3", "c", 1, 40, ratio=0.999)]
    runs += [run("4", "a", 3), run("5", "b", 5), run("6", "a", 7), run("7", "a", 7, 5)]
    assert side_by_side(runs) == {"1", "2"}
    assert side_by_side(runs[:1]) == set()


def test_a_run_without_its_start_is_named() -> None:
    with pytest.raises(InputError, match="odd: started is None"):
        side_by_side([{"run_id": "odd"}])


def test_main_writes_every_recording_whatever_the_order(tmp_path: Path) -> None:
    trials, finals = timed([one[3] for one in CLOCKS])
    for name in ("second", "first"):
        for file, frame, table in (
            ("cells", clocked(), CELLS),
            ("trials", trials, TRIALS),
            ("finals", finals, FINALS),
        ):
            write_table(tmp_path / name / f"{file}.parquet", frame, table)
        (tmp_path / name / "runs.json").write_text(json.dumps({"runs": ALONE}))
    bodies = []
    for order in (("first", "second"), ("second", "first")):
        folders = [str(tmp_path / name) for name in order]
        out = tmp_path / "states.parquet"
        assert main(["--recording", *folders, "--band", "0.01", "--out", str(out)]) == 0
        bodies.append(out.read_bytes())
    assert bodies[0] == bodies[1]
    found = read_table(tmp_path / "states.parquet", STATES)
    assert found["dataset"].tolist() == ["first"] * len(CLOCKS) + ["second"] * len(CLOCKS)
    assert main(["--recording", str(tmp_path / "none"), "--out", str(tmp_path / "x")]) == 2
