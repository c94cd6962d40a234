"""A candidate and the current model, side by side on every measured cell, under equal conditions.

A shape that the current model has learned from is judged by a candidate that has too. A shape that
is new to it is judged by a candidate trained without that shape, so that neither has seen it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.sim.arrays import Array
from scripts.sim.gates import MEASURES
from scripts.sim.metrics import by_cell
from scripts.sim.picks import pick_score
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator
from scripts.sim.train import train


@dataclass(frozen=True)
class Trial:
    """A candidate trained on all, and its cells: ``cells`` as the gates read them, with ``seen``,
    whether the current model had learned from the cell's shape."""  # noqa: D205,D209

    candidate: Simulator
    cells: pd.DataFrame


def judge(
    current: Simulator, measured: pd.DataFrame, facts: pd.DataFrame, seed: int, version: str
) -> Trial:
    """Train the candidate on ``measured`` and compare it with ``current`` cell by cell."""
    candidate = train(measured, facts, seed, version)
    pairs = pd.Series(list(zip(measured["device"], measured["shape"], strict=True)))
    seen = pairs.isin(current.trained).to_numpy()
    after = _scores(candidate, measured, facts)
    for pair in sorted(set(pairs[~seen])):
        held = (pairs == pair).to_numpy()
        blind = train(measured[~held].reset_index(drop=True), facts, seed, version)
        after[held] = _scores(blind, measured[held], facts)
    before = _scores(current, measured, facts)
    key = ["cell_id", "scheme", "tokens", "experts", "shape"]
    cells = measured.assign(seen=seen).drop_duplicates("cell_id")[[*key, "seen"]]
    for when, scores in (("before", before), ("after", after)):
        found = by_cell(measured, scores).set_index("cell_id")[list(MEASURES)]
        cells = cells.join(found.add_suffix(f"_{when}"), on="cell_id")
    return Trial(candidate, cells.reset_index(drop=True))


def _scores(simulator: Simulator, measured: pd.DataFrame, facts: pd.DataFrame) -> Array:
    """What `graphx-sim rank` orders by, for each measured row."""
    asked = ask(measured["cell_id"], measured["config_id"], facts)
    us = simulator.predict_us(asked)
    return np.array(pick_score(measured["cell_id"], measured["config_id"], us))
