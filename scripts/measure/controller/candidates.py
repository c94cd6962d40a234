"""The candidates of a sweep: given as a plan or by name; those that cannot be tried, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kernels.formats import SCHEMES
from scripts.lib.config import ConfigError, parse_id
from scripts.lib.files import InputError
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import parse_cell
from scripts.measure.controller.records import failed, not_measured


def plan_of(cells: Sequence[str], configs: Sequence[str]) -> pd.DataFrame:
    """Every config on every cell, in the order given; rows as PLAN."""
    rows = [
        (cell_id, order, config_id, "", None, None)
        for cell_id in dict.fromkeys(cells)
        for order, config_id in enumerate(dict.fromkeys(configs))
    ]
    return pd.DataFrame(rows, columns=PLAN.names)


def narrowed(plan: pd.DataFrame, texts: Sequence[str] | None) -> pd.DataFrame:
    """The rows of cells whose id contains one of the texts; all rows without texts."""
    if texts is None:
        return plan
    ids = plan["cell_id"].drop_duplicates()
    wanted = [cell_id for cell_id in ids if any(text in cell_id for text in texts)]
    if not wanted:
        raise InputError(f"no cell of the plan contains {' or '.join(texts)}; nothing to measure")
    return plan[plan["cell_id"].isin(wanted)]


def check_cells(plan: pd.DataFrame) -> None:
    """InputError naming the first cell id that is none, and candidates that are listed twice."""
    for cell_id in plan["cell_id"].drop_duplicates():
        try:
            parse_cell(cell_id)
        except ValueError as error:
            raise InputError(f"cells: {error}") from error
    twice = plan.duplicated(["cell_id", "config_id"])
    if twice.any():
        first = plan.loc[twice, ["cell_id", "config_id"]].iloc[0]
        raise InputError(f"the plan lists {' '.join(first)} twice; remove one of the rows")


def refusal_of_cell(cell_id: str, device: str) -> dict[str, Any] | None:
    """Why no config of a cell can be tried on this machine, if so."""
    cell = parse_cell(cell_id)
    if cell.device != device:
        return not_measured(NotMeasured.DEVICE_ABSENT, f"this machine has {device}")
    if cell.shape.scheme not in SCHEMES:
        known = ", ".join(SCHEMES)
        return not_measured(NotMeasured.SCHEME_UNSUPPORTED, f"the kernels know {known}")
    return None


def refusal_of_config(config_id: str) -> dict[str, Any] | None:
    """Why a config cannot be tried anywhere, if so."""
    try:
        parse_id(config_id)
    except ConfigError as error:
        return failed(Outcome.ILLEGAL, str(error))
    return None
