"""The recorded runs of dear searches, held against the trials that they are compared on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.schemas.search import RIVALS, SEARCHES
from scripts.lib.tables import read_table
from scripts.transfer.recording import Recording


def read_rivals(path: Path, recordings: Iterable[Recording]) -> pd.DataFrame:
    """SEARCHES rows of the given cells, from a RIVALS table; other cells are left out.

    InputError for runs that were made on other trials than those given.
    """
    frame = read_table(path, RIVALS)
    digests = {one.cell.id: one.digest for one in recordings}
    frame = frame[frame["cell_id"].isin(list(digests))].reset_index(drop=True)
    other = frame["trials_sha256"] != frame["cell_id"].map(digests)
    if other.any():
        raise InputError(
            f"{path}: {frame.loc[other, 'cell_id'].iloc[0]}: made on other trials than those "
            "given; record it again with python -m scripts.transfer.rivals.record"
        )
    return frame[SEARCHES.names]
