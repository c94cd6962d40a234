"""Planted verdicts of copied configs on the cells of the synthetic study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.recorded import SPREAD
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import Table
from tests.statistics.study import DEVICE, SOURCES

RATIOS = {WIN: 0.9, TIE: 1.001, LOSS: 1.2}


def filled(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with every other column of the table empty, or 0 where it must hold something."""
    missing = {
        column.name: None
        if column.nullable
        else {"string": "", "bool": False}.get(str(column.type), 0)
        for column in table.columns
        if column.name not in frame
    }
    return frame.assign(**missing)[table.names]


def planted(cells: pd.DataFrame) -> pd.DataFrame:
    """TRIPLE_VERDICTS of every cell and source: a win, a tie and a loss in turn."""
    words = [*RATIOS]
    rows = [
        {
            "source": source,
            "target": DEVICE,
            "cell_id": cell.cell_id,
            "tokens": cell.tokens,
            "dataset": "copies",
            "source_file": f"{source}-{cell.E}-{cell.N}.json",
            "target_file": f"{DEVICE}-{cell.E}-{cell.N}.json",
            "committed_id": cell.committed_id,
            "verdict": words[place % 3],
            "ratio": RATIOS[words[place % 3]] + place / 1e4,
        }
        for source in SOURCES
        for place, cell in enumerate(cells.itertuples())
    ]
    frame = pd.DataFrame(rows)
    frame["low"], frame["high"] = frame["ratio"] - 0.002, frame["ratio"] + 0.002
    return filled(frame, TRIPLE_VERDICTS)


def as_triples(copied: pd.DataFrame) -> pd.DataFrame:
    """TRIPLES of the same, a month apart."""
    keys = ["source", "target", "source_file", "target_file"]
    gaps = {"gap_days_last": 30.0, "gap_days_first": 20.0}
    return filled(copied[keys].assign(batch=copied["tokens"], **gaps), TRIPLES)


def best_of(copied: pd.DataFrame) -> pd.DataFrame:
    """GAINS: everywhere a tie."""
    cells = copied.drop_duplicates("cell_id")[["dataset", "cell_id", "tokens"]]
    found = {"ratio": 0.999, "low": 0.998, "high": 1.0, "verdict": TIE, "tried": 60}
    return filled(cells.assign(**found), GAINS)


def no_repeats() -> pd.DataFrame:
    """SPREAD of cells that were recorded once."""
    return pd.DataFrame(columns=SPREAD.names)


def leaves(tree: dict[str, Any], depth: int) -> int:
    """Entries of nested mappings, ``depth`` levels down."""
    return len(tree) if depth == 1 else sum(leaves(x, depth - 1) for x in tree.values())
