"""States of the GPU and A/A errors as a test wants them, for what is judged by them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.states import STATES, Power, Steadiness
from scripts.statistics.held import Held
from tests.report.copied import filled

Planted = tuple[str, Power, Steadiness]  # cell_id and what is known of it


def states_of(planted: Iterable[Planted], dataset: str = "one") -> pd.DataFrame:
    """STATES of a recording, the evidence left out."""
    rows = pd.DataFrame(list(planted), columns=["cell_id", "power", "steadiness"])
    return filled(rows.assign(dataset=dataset), STATES)


def errors_of(tokens: Iterable[int], error: float, dataset: str = "one") -> pd.DataFrame:
    """AA_RATES of a recording, the same error at each batch size."""
    rows = pd.DataFrame({"tokens": list(tokens)}).assign(dataset=dataset, error=error)
    return filled(rows, AA_RATES).astype({"tokens": "Int32"})


def nothing() -> Held:
    """Of recordings without a finished cell or an identical pair."""
    return Held(states_of([]), errors_of([], 0.0))
