"""A suite of three legs and its re-run, compared as the phase does it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.evidence.collect import SET
from scripts.evidence.tables import tables as compared
from scripts.lib.files import write_json
from scripts.lib.schemas.evidence import TABLES
from scripts.lib.tables import Table
from tests.evidence.sets import made


@cache
def frames() -> dict[str, pd.DataFrame]:
    """Of two sets that agree."""
    with tempfile.TemporaryDirectory() as name:
        folders = []
        for seed, label in ((1, "nvidia_h200-legs"), (2, "nvidia_h200-legs-again")):
            folder, held = Path(name) / label, made(seed)
            write_json(folder / SET, held["set"])
            for leg, found in held["legs"].items():
                write_json(folder / f"{leg}.json", found)
            folders.append(folder)
        return compared(folders, [("nvidia_h200-legs", "nvidia_h200-legs-again")])


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All of the phase."""
    return {table.name: (frames()[table.name], table) for table in TABLES}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one for each comparison, leg of a set, planted change and kernel."""
    legs = sum(len(one["legs"]) for one in summary["evidence_sets"])
    planted = sum(1 + len(one["planted"]) for one in summary["evidence"])
    return legs + planted + len(frames()["evidence_kernels"])
