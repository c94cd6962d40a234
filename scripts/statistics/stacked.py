"""Tables of several groups as one, also where there is no group."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def stacked(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """All rows of ``parts``, which have ``columns``; no part: no row of ``columns``."""
    if not parts:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(parts, ignore_index=True)[list(columns)]
