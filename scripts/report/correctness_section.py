"""Section of the summary on the layers that were checked against the float64 reference."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.outcome import Outcome

Section = dict[str, Any]
LIMIT = 0.01  # logits_diff of a correct layer, kernels.tolerances.MAX_LOGITS_DIFF


def correctness(rows: pd.DataFrame) -> Section:
    """``[machine][scheme]``: layers checked, how many were correct, the largest errors, cases.

    ``rows``: CORRECTNESS. An error is known only of layers that ran; the others are in
    ``outcomes``.
    """
    out: Section = {}
    for key, group in rows.groupby(["machine", "scheme"], sort=True):
        machine, scheme = (str(part) for part in key)
        outcomes = group["outcome"].value_counts()
        out.setdefault(machine, {})[scheme] = {
            "rows": len(group),
            "correct": int((group["outcome"] == Outcome.CORRECT).sum()),
            "outcomes": {str(name): int(number) for name, number in sorted(outcomes.items())},
            "largest_logits_diff": float(group["logits_diff"].max()),
            "largest_relative_error": float(group["relative_error"].max()),
            "compute": sorted(group["compute"].unique()),
            "triton": sorted(group["triton"].unique()),
            "cases": sorted(group["case"].unique()),
        }
    return out
