"""The recorded runs of other tools, checked against the trials that they are compared on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.schemas.search import BUDGETS, SEARCHES
from scripts.lib.tables import read_table
from scripts.transfer.recording import Recording

_CLOSE = 1e-9  # relative: ten digits are recorded


def read_rivals(path: Path, recordings: Iterable[Recording]) -> pd.DataFrame:
    """SEARCHES rows of the given cells; other cells are left out.

    InputError if a run found a latency that no legal config of its cell has: then it was made on
    other trials than these.
    """
    frame = read_table(path, SEARCHES)
    by_cell = {one.cell.id: one for one in recordings}
    frame = frame[frame["cell_id"].isin(list(by_cell))].reset_index(drop=True)
    for cell_id, rows in frame.groupby("cell_id"):
        known = np.sort(by_cell[str(cell_id)].regrets)
        found = rows[[f"regret_{budget}" for budget in BUDGETS]].to_numpy(dtype=float).ravel()
        found = found[np.isfinite(found)]
        after = np.searchsorted(known, found * (1.0 - _CLOSE)).clip(max=len(known) - 1)
        if (np.abs(known[after] / found - 1.0) > _CLOSE).any():
            raise InputError(
                f"{path}: {cell_id}: made on other trials than those given; record it again with "
                "python -m scripts.transfer.rivals.record"
            )
    return frame
