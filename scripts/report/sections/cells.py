"""The cells of the dataset that searches are replayed on, one by one."""

from __future__ import annotations

from scripts.lib.schemas.measured import CELLS as MEASURED
from scripts.lib.schemas.statistics import PAIRWISE as COMPARED
from scripts.report.rows import plain_rows
from scripts.report.section import Browsable, Frame, Rows, Section, made, table
from scripts.report.sections.provenance import RUNS

PAIRWISE = made("pairwise", "statistics.pairwise", COMPARED)
CELLS = table("cells", RUNS.origin.file, "ledger.consolidate", MEASURED)


def cell_rows(cells: Frame, pairwise: Frame) -> Rows:
    """One row per measured cell: the committed config and the best one, as paired."""
    best = pairwise[pairwise["best"]].set_index("cell_id")
    ties = pairwise[pairwise["tie"]].groupby("cell_id")["config_id"].nunique()
    rows = cells.set_index("cell_id").sort_values(["E", "N", "K", "top_k", "tokens"])
    rows["best_id"] = best["config_id"]
    rows["best_us"] = best["median_us"]
    rows["ratio"] = best["committed_ratio"]
    rows["low"], rows["high"] = best["committed_low"], best["committed_high"]
    rows["ties"] = ties
    return plain_rows(rows.reset_index())


SECTION = Section(
    "cells",
    rows={"cells": Browsable((CELLS, PAIRWISE), cell_rows)},
)
