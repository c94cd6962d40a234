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
