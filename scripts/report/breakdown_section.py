"""Section of the summary: verdicts by class of cells."""

from __future__ import annotations

import pandas as pd

from scripts.report.sections import Section, estimate


def breakdowns(table: pd.DataFrame) -> Section:
    """``[device][what][by]``: the classes in their order, each its counts and estimates.

    ``table``: BREAKDOWNS. A class has ``value``, ``judged``, ``files`` and its metrics; a metric
    without a single value (no winner) is left out.
    """
    out: Section = {}
    keys = ["device", "what", "by", "order"]
    for (device, what, by, _), rows in table.groupby(keys, sort=True):
        group = out.setdefault(str(device), {}).setdefault(str(what), {}).setdefault(str(by), [])
        known = [row for row in rows.to_dict("records") if row["n"]]
        group.append(
            {
                "value": str(rows["value"].iloc[0]),
                "judged": int(rows["judged"].iloc[0]),
                "files": int(rows["clusters"].max()),
                **{str(row["metric"]): estimate(row) for row in known},
            }
        )
    return out
