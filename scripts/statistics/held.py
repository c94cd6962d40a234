"""Of each judged row: in whose finals it was judged, the GPU's state there, and the A/A error."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.states import STATES, Power, Steadiness
from scripts.lib.tables import read_table
from scripts.statistics.aa_rates import widen

Floats = npt.NDArray[np.float64]
STATE = ["power", "steadiness"]


def errors(rows: pd.DataFrame, rates: pd.DataFrame) -> Floats:
    """The bound on the bias of each row's ratio, a log ratio; NaN where no identical pair tells.

    ``rows``: dataset, tokens and same (the choice is the other side itself); ``rates``: AA_RATES.
    """
    sizes = rates.dropna(subset="tokens").set_index(["dataset", "tokens"])["error"]
    keys = pd.MultiIndex.from_frame(rows[["dataset", "tokens"]])
    error = sizes.reindex(keys).to_numpy(dtype=np.float64)
    # A config is as fast as itself, whatever its slots say.
    return np.where(rows["same"].to_numpy(dtype=bool), 0.0, error)


@dataclass(frozen=True)
class Held:
    """``states``: STATES; ``rates``: AA_RATES; ``study``, ``fresh``: recordings of searches, and of
    the finals in which their choices were judged anew."""  # noqa: D205,D209

    states: pd.DataFrame
    rates: pd.DataFrame
    study: Sequence[str] = ()
    fresh: Sequence[str] = ()

    def about(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with error, power and steadiness.

        ``rows``: dataset, cell_id, tokens, same. A cell that no recording finished is unprobed, its
        power unknown.
        """
        known = self.states.set_index(["dataset", "cell_id"])[STATE]
        keys = pd.MultiIndex.from_frame(rows[["dataset", "cell_id"]])
        found = known.reindex(keys).set_index(rows.index)
        return rows.assign(
            error=errors(rows, self.rates),
            power=found["power"].fillna(Power.UNKNOWN),
            steadiness=found["steadiness"].fillna(Steadiness.UNPROBED),
        )

    def of_searches(self, live: pd.DataFrame, choice: Choice) -> pd.Series:
        """The recording whose finals judged each row of LIVE; empty where none did."""
        by_study, by_fresh = (self._by_cell(names) for names in (self.study, self.fresh))
        found = live["cell_id"].map(by_study)
        if choice is Choice.SEARCHED:
            found = found.mask(live["fresh_decision"].notna(), live["cell_id"].map(by_fresh))
        return found

    def _by_cell(self, names: Sequence[str]) -> pd.Series:
        """Recording of these by cell_id; a cell is in one of them, as it names its GPU."""
        mine = self.states[self.states["dataset"].isin(names)]
        return mine.drop_duplicates("cell_id").set_index("cell_id")["dataset"]


def widen_medians(choices: pd.DataFrame, states: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """SEARCH_CHOICES with ends that allow for the A/A error of the cell's recording and batch size.

    The medians' own intervals know the second of each alone; identical pairs of the same
    recording's finals differ by more. ``states``: STATES of the recordings that were replayed, of
    which the larger error counts; a cell of none of them has an unknown interval, which shows
    nothing. A choice that is the committed config itself stays what it is.
    """
    known = states.assign(error=errors(states.assign(same=False), rates))
    error = choices["cell_id"].map(known.groupby("cell_id")["error"].max())
    same = (choices["ratio"] == 1) & (choices["low"] == choices["high"])
    low, high = widen(choices["low"], choices["high"], error.mask(same, 0.0))
    return choices.assign(low=low, high=high)


def add_replayed(parser: argparse.ArgumentParser) -> None:
    """Options that ``read_replayed`` takes."""
    parser.add_argument("--states", type=Path, required=True, help="STATES table")
    parser.add_argument("--aa", type=Path, required=True, help="AA_RATES table")
    text = "recordings that were replayed"
    parser.add_argument("--replayed", nargs="+", required=True, help=text)


def read_replayed(arguments: argparse.Namespace, choices: pd.DataFrame) -> pd.DataFrame:
    """``widen_medians`` of SEARCH_CHOICES, by parsed arguments."""
    states = read_table(arguments.states, STATES)
    states = states[states["dataset"].isin(arguments.replayed)]
    return widen_medians(choices, states, read_table(arguments.aa, AA_RATES))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options that ``read`` takes."""
    parser.add_argument("--states", type=Path, required=True, help="STATES table")
    parser.add_argument("--aa", type=Path, required=True, help="AA_RATES table")
    parser.add_argument("--study", nargs="+", default=[], help="recordings that LIVE is read from")
    text = "recordings of the finals that judged its choices anew"
    parser.add_argument("--fresh", nargs="*", default=[], help=text)


def read(arguments: argparse.Namespace) -> Held:
    """From parsed arguments."""
    states = read_table(arguments.states, STATES)
    rates = read_table(arguments.aa, AA_RATES)
    for name in (*arguments.study, *arguments.fresh):
        if name not in set(states["dataset"]):
            raise InputError(f"{arguments.states}: no cell of {name}; name its folder to states")
    return Held(states, rates, arguments.study, arguments.fresh)
