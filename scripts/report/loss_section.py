"""Section of the summary: where the best other config stays behind the committed one, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scripts.lib.schemas.losses import Cause, Kind
from scripts.report.sections import Section

ROW = ["dataset", "cell_id", "committed_id", "chosen_id", "cause", "evidence", "marks"]
AGAIN = "again_verdict"
# Where an earlier study lost all of its cells: it never tried this tile size there.
PATTERN_TOKENS = (256, 1024)


def losses(table: pd.DataFrame) -> Section:
    """``[device][loss or behind]``: how many, by cause and dataset; of the losses every one.

    ``table``: LOSSES. ``never_tried_tile``: those at PATTERN_TOKENS whose BLOCK_SIZE_M no other
    config that was tried has.
    """
    out: Section = {}
    for device, here in table.groupby("device", sort=True):
        section: Section = {str(kind): _kind(here[here["kind"] == kind]) for kind in Kind}
        section[Kind.LOSS]["rows"] = _rows(here[here["kind"] == Kind.LOSS])
        out[str(device)] = section
    return out


def _kind(rows: pd.DataFrame) -> Section:
    lowest, highest = PATTERN_TOKENS
    there = rows["tokens"].between(lowest, highest)
    return {
        "cells": len(rows),
        "causes": {str(cause): int((rows["cause"] == cause).sum()) for cause in Cause},
        "datasets": {str(name): len(part) for name, part in rows.groupby("dataset", sort=True)},
        "at_pattern_tokens": int(there.sum()),
        "never_tried_tile": int((there & ~rows["tile_tried"]).sum()),
    }


def _rows(rows: pd.DataFrame) -> list[Section]:
    """Every cell; ``ratio``, and ``again`` if the second recording says something, as estimates."""
    plain = rows.astype(object).where(rows.notna(), None)
    return [
        {name: row[name] for name in [*ROW, AGAIN]}
        | {"ratio": _ratio(row, "")}
        | ({"again": _ratio(row, "again_")} if row[AGAIN] else {})
        for row in plain.to_dict("records")
    ]


def _ratio(row: Mapping[Any, Any], prefix: str) -> Section:
    ends = [row[f"{prefix}{end}"] for end in ("low", "high")]
    return {"mean": row[f"{prefix}ratio"], "ci": ends}
