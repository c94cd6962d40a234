"""Which candidate a row would hold, and what is expected of it over the runtime's default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.catalogue.candidates import Candidates, Heard, Pool
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.legality import Legality
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.shape import Cell
from scripts.sim.predict import predict
from scripts.sim.simulator import Simulator
from scripts.transfer.crowd import CROWD_WEIGHT
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.s2_nearest import nearest

# By cell id and config id, us; absent or NaN where nothing is predicted or nothing launches.
Latencies = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Question:
    """A cell, what its row may hold, and the runtime's default.

    ``timed``: the config that stands for the default where its compiler's facts are asked for.
    """

    cell: Cell
    candidates: Candidates
    default: Config | None
    timed: Config | None

    @property
    def configs(self) -> list[Config]:
        """All that is to be predicted."""
        wanted = [*self.candidates.configs, *([self.timed] if self.timed else [])]
        return list(dict.fromkeys(wanted))


@dataclass(frozen=True)
class Named:
    """The candidate that is predicted to be fastest, once what is unlikely is weighed in.

    ``ratio``: what is predicted of it over the default, if both launch. ``sources``: GPUs whose
    files for the layer hold it; none if it is a prediction alone.
    """

    question: Question
    config: Config
    ratio: float | None
    sources: tuple[str, ...]


def questions(
    pool: Pool, cells: Sequence[Cell], legal: LegalSpace, heard: Heard, *, recorded: bool
) -> list[Question]:
    """Of cells of one layer on one GPU; ``recorded``: whether anything was recorded of it."""
    found = []
    every = pool.candidates(cells, legal, heard, recorded=recorded)
    for cell, candidates in zip(cells, every, strict=True):
        default = newest_default(cell.shape, cell.tokens, find_device(cell.device))
        timed = None if default is None else compiled(default, legal)
        some = candidates if candidates.configs else _nearest(default, legal)
        found.append(Question(cell, some, default, timed))
    return found


def _nearest(default: Config | None, legal: LegalSpace) -> Candidates:
    """Where nobody has anything: what is legal and nearest to the default."""
    first = legal.configs[0] if default is None else nearest(default, legal)
    return Candidates({}, (first,))


def compiled(config: Config, legal: LegalSpace) -> Config:
    """The config of the space whose tiles a default has that leaves AMD's keys to the compiler.

    The compiler's facts are those of the space; another config is as it stands.
    """
    if config in legal.index:
        return config
    near = nearest(config, legal)
    return near if near.without_vendor_keys() == config else config


def asked(wanted: Sequence[Question]) -> pd.DataFrame:
    """QUESTIONS rows: every config of every cell."""
    pairs = [(one.cell.id, config.id) for one in wanted for config in one.configs]
    return pd.DataFrame(pairs, columns=["cell_id", "config_id"])


def latencies(wanted: Sequence[Question], facts: pd.DataFrame, simulator: Simulator) -> Latencies:
    """What graphx-sim predicts; ``facts``: the compiler's, of all their spaces."""
    found = predict(asked(wanted).drop_duplicates(ignore_index=True), facts, simulator)
    launches = found[found["legality"] != Legality.ILLEGAL]
    keys = zip(launches["cell_id"], launches["config_id"], strict=True)
    return dict(zip(keys, launches["predicted_us"].tolist(), strict=True))


def named(wanted: Sequence[Question], us: Latencies) -> list[Named]:
    """One for each question; of equally fast ones the first in the order of candidates."""
    return [_named(one, us) for one in wanted]


def _named(one: Question, us: Latencies) -> Named:
    configs = one.candidates.configs
    times = np.array([us.get((one.cell.id, config.id), np.nan) for config in configs])
    unlikely = np.array([one.candidates.unlikely.get(config, 0.0) for config in configs])
    # Ten digits: the last ones differ between processors, and equal times must stay equal.
    score = (times * np.exp(CROWD_WEIGHT * unlikely)).round(10)
    place = 0 if np.isnan(score).all() else int(np.nanargmin(score))
    default = np.nan if one.timed is None else us.get((one.cell.id, one.timed.id), np.nan)
    ratio = float(times[place] / default)
    first = configs[place]
    sources = one.candidates.carried.get(first, ())
    return Named(one, first, None if np.isnan(ratio) else ratio, sources)
