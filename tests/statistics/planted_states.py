"""States of the GPU and A/A errors as a test wants them, for what is judged by them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.states import STATES, Power, Steadiness
from scripts.lib.shape import parse_cell
from scripts.lib.tables import write_table
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


def replayed(folder: Path, cells: Iterable[str], error: float = 0.0) -> list[str]:
    """Options of a command over replayed choices on the cells; its tables are written here."""
    cells = sorted(set(cells))
    states = states_of((name, Power.FREE, Steadiness.STEADY) for name in cells)
    states["tokens"] = [parse_cell(name).tokens for name in cells]
    write_table(folder / "states.parquet", states, STATES)
    rates = errors_of(states["tokens"].unique(), error)
    write_table(folder / "aa.parquet", rates, AA_RATES)
    paths = [f"--{name}={folder / name}.parquet" for name in ("states", "aa")]
    return [*paths, "--replayed", "one"]


def nothing() -> Held:
    """Of recordings without a finished cell or an identical pair."""
    return Held(states_of([]), errors_of([], 0.0))
