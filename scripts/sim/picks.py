"""The order in which to try configs: by predicted latency, but not the same tiles over and over.

Configs that differ in GROUP_SIZE_M alone share a binary in all but program order, and the model
errs on them alike. Once one of them is picked, the next of its kind stands back by a step, so that
a short list holds several kinds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.sim.arrays import Array

# Relative latency by which a config stands back for each faster one of its kind. A config of
# another kind that is predicted this much slower is as likely to be the best.
_STEP = 0.01
_GROUP = r"-G\d+"


def pick_score(cells: pd.Series, configs: pd.Series, predicted_us: Array) -> Array:
    """A number for each row; the rows of a cell are tried in its ascending order."""
    ids, names = pd.factorize(configs)
    kind = pd.Series(names).str.replace(_GROUP, "", regex=True).to_numpy()[ids]
    frame = pd.DataFrame(
        {"cell": cells.to_numpy(), "kind": kind, "config": configs.to_numpy(), "us": predicted_us}
    )
    earlier = frame.sort_values(["cell", "us", "config"]).groupby(["cell", "kind"]).cumcount()
    return np.asarray(frame["us"] * (1.0 + _STEP * earlier.sort_index()))
