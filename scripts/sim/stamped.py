"""Predictions that stood before the measurement: whose they are, and what that model had learned.

A recorded model is asked a few of the questions again; it is the author if it gives the same
figures. What it had learned from stands in its file; that this was recorded earlier, guardrail G3
checks (scripts.claims.frozen).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError, content
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.tables import read_table
from scripts.lib.teaching import Families
from scripts.sim.evaluate import stamped_cells
from scripts.sim.questions import ask
from scripts.sim.recorded import read_measured
from scripts.sim.simulator import Simulator, load

_ASKED_AGAIN = 8  # configs of a cell
_SAME = 1e-5  # relative: stamps hold a millionth of a microsecond, another model differs by 1e-2


@dataclass(frozen=True)
class Recorded:
    """A model that lies beside a recording; ``hash``: the first digits of its content's."""

    hash: str
    simulator: Simulator


def read_recorded(path: Path) -> Recorded:
    """InputError if it is no model."""
    return Recorded(hashlib.sha256(content(path)).hexdigest()[:16], load(path))


def stamped(
    trials: Path, models: Sequence[Recorded], facts: pd.DataFrame, families: Families
) -> pd.DataFrame:
    """SIM_CELLS rows of what was stamped, as ``graphx-sim rank`` orders, if there is any.

    Besides: layer, ``model`` (the author's hash), ``new_format`` and ``new_family``: whether the
    author had learned from no trial of the number formats, of the model family, on that GPU. Cells
    of a layer and format that it had learned from are left out. InputError if there is no author.
    """
    measured = read_measured([trials])
    if measured["stamped_us"].isna().all():
        return pd.DataFrame()
    author = _author(trials, models, facts)
    cells = stamped_cells(measured)
    names = measured.drop_duplicates("cell_id")[["cell_id", "shape", "layer"]]
    cells = cells[cells["model"] == "corrected"].merge(names, on="cell_id")
    seen = pd.DataFrame(author.simulator.trained, columns=["device", "shape"])
    seen["scheme"] = [shape.rsplit("-", 1)[1] for shape in seen["shape"]]
    seen["family"] = [families.of(shape.rsplit("-", 1)[0]) for shape in seen["shape"]]
    cells["family"] = cells["layer"].map(families.of)
    for name in ("scheme", "family"):
        cells[f"new_{name}"] = ~_pairs(cells, name).isin(_pairs(seen, name))
    unseen = cells[~_pairs(cells, "shape").isin(_pairs(seen, "shape"))]
    kept = unseen.drop(columns=["shape", "family"]).rename(columns={"new_scheme": "new_format"})
    return kept.assign(model=author.hash).reset_index(drop=True)


def _pairs(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows["device"] + " " + rows[name]


def _author(trials: Path, models: Sequence[Recorded], facts: pd.DataFrame) -> Recorded:
    columns = ["cell_id", "config_id", "predicted_us"]
    rows = read_table(trials, TRIALS, columns).dropna(subset="predicted_us")
    some = rows.sort_values(["cell_id", "config_id"]).groupby("cell_id").head(_ASKED_AGAIN)
    asked = ask(some["cell_id"], some["config_id"], facts)
    stood = some["predicted_us"].to_numpy(dtype=float)
    for one in models:
        if (np.abs(one.simulator.predict_us(asked) / stood - 1) <= _SAME).all():
            return one
    raise InputError(
        f"{trials}: predicted_us: none of the {len(models)} recorded models gives these figures"
        " again; record the model that stamped the plan beside it, as model.json"
    )
