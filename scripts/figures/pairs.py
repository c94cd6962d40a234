"""Which pairs of GPUs a figure shows, a panel each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from scripts.lib.names import unknown_name


def pairs(rows: pd.DataFrame, sources: Sequence[str]) -> list[tuple[str, str]]:
    """(source, target) of ``rows`` for each of ``sources``, of the first target first.

    InputError if a source is in no row.
    """
    known = sorted(rows["source"].unique())
    for source in sources:
        if source not in known:
            raise unknown_name("source GPU", source, known)
    there = set(zip(rows["source"], rows["target"], strict=True))
    targets = sorted(rows["target"].unique())
    return [(s, target) for target in targets for s in sources if (s, target) in there]
