"""Section of the summary: where the best other config stays behind the committed one, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.losses import Cause, Kind
from scripts.report.sections import Section

ROW = [
    "dataset", "cell_id", "committed_id", "chosen_id", "ratio", "low", "high", "cause", "evidence",
    "marks", "again_verdict",
]  # fmt: skip
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


def _rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    plain = rows[ROW].astype(object)
    return [
        {str(key): value for key, value in row.items()}
        for row in plain.where(plain.notna(), None).to_dict("records")
    ]
