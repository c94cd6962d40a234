"""Win, tie or loss of every replayed choice against the committed config, and its regret.

Evidence, best first: ``same`` (the choice is the committed config), ``paired`` (both are
finalists, so interleaved rounds compare them; widened by what identical pairs differ by),
``sweep`` (its median over the anchor, with its interval widened by what sweep and finals disagree
on in that cell), ``none`` (no correct choice, or no latency of the committed config). Without
evidence the verdict is a loss: what is missing fails closed.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import within
from scripts.lib.judging.decision import LOSS, decide
from scripts.lib.log import run_main
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.schemas.recorded import RECORDED
from scripts.lib.schemas.statistics import PAIRWISE, VERDICTS
from scripts.lib.schemas.transfer import REPLAY
from scripts.lib.shape import device_of
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.aa_rates import widen
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import named, read_recordings
from scripts.statistics.held import errors
from scripts.statistics.sweep import anchored, disagreement

WITHIN = within(2, 5, 10)
EXAMPLE = (
    "python -m scripts.statistics.verdicts --replay replay.parquet --trials trials.parquet"
    " --cells cells.parquet --pairwise pairwise.parquet --recorded recorded.parquet"
    " --aa aa_rates.parquet"
    " --margin 0.01 --out verdicts.parquet"
)


def judge(
    replay: pd.DataFrame,
    trials: pd.DataFrame,
    cells: pd.DataFrame,
    pairwise: pd.DataFrame,
    complete: Collection[str],
    margin: float,
) -> pd.DataFrame:
    """One verdict per row of ``replay``, in its order; schema ``VERDICTS``.

    ``cells``: CELLS with ``error``, the A/A error of the batch size.
    ``complete``: cells on which every legal config was tried; elsewhere regret is empty, since
    the best of a list of candidates is not the best there is.

    Raises InputError if a replayed cell is not among the measured cells.
    """
    unknown = sorted(set(replay["cell_id"]) - set(cells["cell_id"]))
    if unknown:
        raise InputError(f"replay: cell {unknown[0]} was never measured; replay recorded cells")
    choices = replay[["cell_id", "choice"]].drop_duplicates().dropna()
    judged = _against_best(
        _widened(against_committed(choices, trials, cells, pairwise), cells),
        anchored(trials, cells),
        pairwise,
    )
    out = replay.merge(judged, on=["cell_id", "choice"], how="left", validate="many_to_one")
    out["evidence"] = out["evidence"].fillna("none")
    out["verdict"] = np.where(out["ratio"].isna(), LOSS, decide(out["low"], out["high"], margin))
    for name, limit in WITHIN.items():
        out[name] = (out["ratio"] <= limit).to_numpy(dtype=bool)
    out["regret"] = out["regret"].where(out["cell_id"].isin(complete))
    numbers = ["ratio", "low", "high", "regret"]
    out[numbers] = out[numbers].astype(float).map(round_10)
    return out[VERDICTS.names]


def against_committed(
    choices: pd.DataFrame, trials: pd.DataFrame, cells: pd.DataFrame, pairwise: pd.DataFrame
) -> pd.DataFrame:
    """Ratio choice / committed with interval and evidence; NaN and ``none`` where unknown.

    ``choices``: cell_id and choice, no pair twice; the same rows come back.
    """
    committed = cells[["cell_id", "committed_id"]]
    sweep = anchored(trials, cells)
    factor = disagreement(sweep, pairwise)
    out = choices.merge(committed, on="cell_id", how="left")
    out = _join(_join(out, _first_slots(pairwise)), sweep)
    # A cell without finals is trusted no more than the least certain one with them on its GPU.
    wider = out["cell_id"].map(factor).astype(float).fillna(_least_certain(out, factor))
    same = (out["choice"] == out["committed_id"]) & out["level"].notna()
    paired = out["committed_ratio"].notna()
    swept = out["referred"].eq(True)
    cases = [same, paired, swept]
    pick = {
        "ratio": (out["committed_ratio"], out["level"]),
        "low": (out["committed_low"], out["low"] / wider),
        "high": (out["committed_high"], out["high"] * wider),
    }
    values = {
        name: np.select(cases, [np.ones(len(out)), by_pairs, by_sweep], np.nan)
        for name, (by_pairs, by_sweep) in pick.items()
    }
    evidence = np.select(cases, ["same", "paired", "sweep"], "none").astype(object)
    return out[["cell_id", "choice"]].assign(**values, evidence=evidence)


def _widened(judged: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Paired intervals moved apart by the A/A error of their cell; the sweep's are wide already."""
    error = judged["cell_id"].map(cells.set_index("cell_id")["error"])
    paired = judged["evidence"] == "paired"
    low, high = widen(judged["low"], judged["high"], error)
    return judged.assign(
        low=judged["low"].mask(paired, low), high=judged["high"].mask(paired, high)
    )


def _least_certain(choices: pd.DataFrame, factor: pd.Series) -> pd.Series:
    """Of each choice the widest factor among the cells of its GPU; 1 where there is none."""
    widest = factor.groupby(factor.index.map(device_of)).max()
    return choices["cell_id"].map(device_of).map(widest).astype(float).fillna(1.0)


def _against_best(
    choices: pd.DataFrame, sweep: pd.DataFrame, pairwise: pd.DataFrame
) -> pd.DataFrame:
    """Add regret: latency of the choice over the cell's best finalist, clipped at 1.

    The best is chosen by the same samples that it is judged by, so a choice may measure below
    it; that is noise, not a negative regret. A cell without finals takes the sweep's best.
    """
    swept = sweep.drop_duplicates("cell_id").set_index("cell_id")["config_id"]
    final = pairwise[pairwise["best"]].set_index("cell_id")["config_id"]
    best = final.combine_first(swept).rename("best_id").reset_index()
    level = best.merge(sweep, left_on=["cell_id", "best_id"], right_on=["cell_id", "config_id"])
    out = _join(_join(choices, _first_slots(pairwise)), sweep[["cell_id", "config_id", "level"]])
    out = out.merge(level[["cell_id", "level"]], on="cell_id", how="left", suffixes=("", "_best"))
    ratio = out["best_ratio"].fillna(out["level"] / out["level_best"])
    return choices.assign(regret=ratio.clip(lower=1.0).to_numpy())


def _first_slots(pairwise: pd.DataFrame) -> pd.DataFrame:
    """One row per finalist: a config's further slots only serve the A/A comparison."""
    ratios = ["committed_ratio", "committed_low", "committed_high", "best_ratio"]
    first = pairwise.sort_values(["cell_id", "slot"]).drop_duplicates(["cell_id", "config_id"])
    return first[["cell_id", "config_id", *ratios]]


def _join(choices: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Look up each (cell, choice) by config; unknown configs get empty values."""
    keyed = values.rename(columns={"config_id": "choice"})
    return choices.merge(keyed, on=["cell_id", "choice"], how="left", validate="many_to_one")


def main(argv: list[str] | None = None) -> int:
    """Read the replay and the measurements, judge every row, write the verdicts."""
    parser = options.parser(__doc__, EXAMPLE)
    text = "replayed searches; only those on the given cells are judged"
    parser.add_argument("--replay", type=Path, required=True, help=text)
    for name in ("trials", "cells"):
        text = f"{name} of each recording; no cell twice"
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--pairwise", type=Path, required=True, help="finalists compared")
    parser.add_argument("--recorded", type=Path, required=True, help="table of recorded cells")
    parser.add_argument("--aa", type=Path, required=True, help="AA_RATES table")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--out", type=Path, required=True, help="table of verdicts")
    arguments = parser.parse_args(argv)

    def body() -> None:
        recorded = read_table(arguments.recorded, RECORDED, ["dataset", "cell_id", "complete"])
        cells = read_recordings(arguments.cells, CELLS)
        error = errors(cells.assign(same=False), read_table(arguments.aa, AA_RATES))
        cells = cells.assign(error=error)
        replay = read_table(arguments.replay, REPLAY)
        whole = recorded["complete"] & recorded["dataset"].isin(named(arguments.trials))
        verdicts = judge(
            replay[replay["cell_id"].isin(cells["cell_id"])],
            read_recordings(arguments.trials, TRIALS),
            cells,
            read_table(arguments.pairwise, PAIRWISE),
            set(recorded.loc[whole, "cell_id"]),
            arguments.margin,
        )
        write_table(arguments.out, verdicts, VERDICTS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
