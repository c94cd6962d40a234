"""Whether the GPU was power-limited on each recorded cell, and whether it was steady.

Power-limited: the spec's ``power_band``. Two kinds of evidence, of which either will do. The SM
clock is the sensor itself, but readings come twice a second, so that those of a short cell are few
and those of a search mostly show it waiting. The finals run without a pause where the sweep paused
for each config: where the power limit holds, they are slower. Held against the driver's own reason
for the clock after the finals, which ledgers keep of each cell (NVML's software power cap, clock
down by more than the band), on the H200's 3,630 cells: 1,345 of 1,519 so named are found, and 118
of 2,111 others are marked too, 100 of these in the study, whose last reading comes later.

Steady: the anchor was timed again and again and stayed within the drift band, and if other GPUs of
the host worked at the same time, it was tried that they do not disturb it. What nobody probed is
never called steady.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.states import STATES, Power, Shown, Steadiness, Unprobed
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10

CELL_COLUMNS = [
    "cell_id", "device", "tokens", "run_id", "drift", "anchor_error", "marks", "readings",
    "sm_clock_mhz", "sm_clock_max_mhz",
]  # fmt: skip
TRIAL_COLUMNS = ["cell_id", "config_id", "outcome", "stopped_by", "median_us"]
FEW_READINGS = 3  # fewer are the cell's two ends, of which the first shows the cell before
# Runs of one recording on several GPUs that began so close together ran side by side, seconds.
TOGETHER_S = 60
EXAMPLE = (
    "python -m scripts.statistics.states --recording data/recorded/measured/nvidia_h200-corpus"
    " --band 0.01 --out states.parquet"
)


def clocks(cells: pd.DataFrame) -> pd.Series:
    """SM clock of each row of CELLS over the highest that the recording reads; NaN if unread."""
    enough = cells["readings"] >= FEW_READINGS
    level = cells["sm_clock_mhz"].where(enough, cells["sm_clock_max_mhz"]).astype(float)
    # Cells from before there were readings in between tell a clock of moments without work.
    known = level.where(cells["readings"].notna())
    ratio: pd.Series = known / cells["sm_clock_max_mhz"].astype(float).max()
    return ratio


def finals_over_sweep(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """By cell_id: finals (median ratio over the configs that both timed), apart, configs."""
    whole = trials[(trials["outcome"] == Outcome.CORRECT) & (trials["stopped_by"] != Stop.SLOW)]
    keys = ["cell_id", "config_id"]
    held = finals.groupby(keys)["us"].median().rename("finals_us").reset_index()
    both = held.merge(whole[[*keys, "median_us"]], on=keys)
    logs = (both["finals_us"] / both["median_us"]).map(np.log).groupby(both["cell_id"])
    return pd.DataFrame(
        {"finals": np.exp(logs.median()), "apart": logs.std(), "configs": logs.size()}
    )


def side_by_side(runs: Iterable[dict[str, Any]]) -> set[str]:
    """Ids of runs beside which other GPUs of the recording measured, if that was never probed."""
    started = [(_started(run), run.get("gpu", {}).get("uuid"), run) for run in runs]
    return {
        str(run["run_id"])
        for began, gpu, run in started
        if (run.get("disturbance") or {}).get("ratio") is None
        and any(
            other != gpu and abs((began - then).total_seconds()) <= TOGETHER_S
            for then, other, _ in started
        )
    }


def _started(run: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(run["started"]))
    except (KeyError, ValueError) as error:
        raise InputError(
            f"runs.json: {run.get('run_id')}: started is {run.get('started')!r}, no time; restore"
            " it"
        ) from error


def states(
    cells: pd.DataFrame,
    trials: pd.DataFrame,
    finals: pd.DataFrame,
    runs: Sequence[dict[str, Any]],
    band: float,
) -> pd.DataFrame:
    """A row for each cell of one recording; STATES without ``dataset``."""
    moved = finals_over_sweep(trials, finals)
    out = cells.join(moved, on="cell_id").assign(clock=clocks(cells))
    out["configs"] = out["configs"].fillna(0).astype("int32")
    out["shown_by"], out["power"] = _power(out, band)
    out["unprobed_by"], out["steadiness"] = _steadiness(out, side_by_side(runs))
    numbers = ["clock", "finals", "apart", "drift"]
    out[numbers] = out[numbers].astype(float).map(round_10)
    return out


def _power(cells: pd.DataFrame, band: float) -> tuple[pd.Series, pd.Series]:
    slow, late = cells["clock"] < 1 - band, cells["finals"] > 1 + band
    shown = pd.Series(None, index=cells.index, dtype=object)
    shown = shown.mask(slow, Shown.CLOCK).mask(late, Shown.FINALS).mask(slow & late, Shown.BOTH)
    unknown = cells["clock"].isna() & cells["finals"].isna()
    free = pd.Series(Power.FREE, index=cells.index, dtype=object)
    return shown, free.mask(unknown, Power.UNKNOWN).mask(slow | late, Power.LIMITED)


def _steadiness(cells: pd.DataFrame, alone: set[str]) -> tuple[pd.Series, pd.Series]:
    # No drift at all is what an anchor that was timed once has too.
    once = cells["anchor_error"].notna() | (cells["drift"] == 0)
    why = pd.Series(None, index=cells.index, dtype=object)
    why = why.mask(cells["run_id"].isin(alone), Unprobed.OTHERS).mask(once, Unprobed.ANCHOR)
    word = pd.Series(Steadiness.STEADY, index=cells.index, dtype=object)
    marked = cells["marks"] != ""
    word = word.mask(why.notna(), Steadiness.UNPROBED).mask(marked, Steadiness.DRIFTED)
    return why.mask(marked, None), word


def read_states(folders: Iterable[Path], band: float) -> pd.DataFrame:
    """STATES of all recordings, sorted."""
    parts = []
    for folder in folders:
        runs = read_json(folder / "runs.json").get("runs", [])
        found = states(
            read_table(folder / "cells.parquet", CELLS, CELL_COLUMNS),
            read_table(folder / "trials.parquet", TRIALS, TRIAL_COLUMNS),
            read_table(folder / "finals.parquet", FINALS),
            runs,
            band,
        )
        parts.append(found.assign(dataset=folder.name))
    out = pd.concat(parts, ignore_index=True)[STATES.names]
    return out.sort_values(["dataset", "cell_id"], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Read the recordings, mark their cells, write."""
    parser = options.parser(__doc__, EXAMPLE)
    text = "folders of recordings, each with cells, trials, finals and runs.json"
    parser.add_argument("--recording", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--band", type=float, default=0.01, help="power_band of the locked spec")
    parser.add_argument("--out", type=Path, required=True, help="STATES table to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        write_table(arguments.out, read_states(arguments.recording, arguments.band), STATES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
