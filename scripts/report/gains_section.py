"""Section of the summary: what the best of the configs tried gains over the committed one."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.gains import Unjudged
from scripts.report.sections import Section, both_intervals

ALL = "all"
WIN = "win"


def gains(table: pd.DataFrame, rates: pd.DataFrame) -> Section:
    """Of one GPU: ``[dataset][scheme or all]``, counts and estimates over the judged cells.

    ``table``: GAINS; ``rates``: GAIN_RATES. A group without a judged cell has counts only.
    """
    return {
        str(dataset): {
            str(scheme): _group(part, _of(rates, str(dataset), str(scheme)))
            for scheme, part in [*rows.groupby("scheme", sort=True), (ALL, rows)]
        }
        for dataset, rows in table.groupby("dataset", sort=True)
    }


def _of(rates: pd.DataFrame, dataset: str, scheme: str) -> pd.DataFrame:
    return rates[(rates["dataset"] == dataset) & (rates["scheme"] == scheme)]


def _group(rows: pd.DataFrame, rates: pd.DataFrame) -> Section:
    reasons = rows["reason"].value_counts()
    section: Section = {
        "cells": len(rows),
        "complete": int(rows["complete"].sum()),
        "judged": int(rows["verdict"].notna().sum()),
        "not_judged": {str(name): int(reasons[name]) for name in Unjudged if name in reasons},
    }
    marked = rows[rows["marks"].fillna("") != ""]
    section["marked"] = {"cells": len(marked), "win": int((marked["verdict"] == WIN).sum())}
    section |= {str(row["metric"]): both_intervals(row) for row in rates.to_dict("records")}
    speedups = 1 / rows.loc[rows["verdict"] == WIN, "ratio"].astype(float)
    if len(speedups):
        section["speedup_winners"] = {
            "n": len(speedups),
            "median": float(speedups.median()),
            "q1": float(speedups.quantile(0.25)),
            "q3": float(speedups.quantile(0.75)),
            "largest": float(speedups.max()),
        }
    return section
