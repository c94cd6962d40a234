"""Section of the summary on what was measured: counts, coverage, spread, false wins, quality."""

from __future__ import annotations

import pandas as pd

from scripts.lib.outcome import NotMeasured, Outcome, Stop
from scripts.report import gains_section
from scripts.report.inputs import Tables
from scripts.report.sections import Section, both_intervals, estimate

ALL = "all"
MEASURED = "measured"


def measured(tables: Tables) -> Section:
    """Per GPU, over all datasets: what was recorded, how the protocol fared, known configs."""
    out: Section = {}
    spread = tables.spread.assign(device=tables.spread["cell_id"].str.split("/").str[0])
    for device, rows in tables.recorded.groupby("device", sort=True):
        here = [
            frame[frame["device"] == device]
            for frame in (
                tables.binaries,
                tables.coverage,
                tables.false_wins,
                tables.quality,
                tables.gains,
                tables.gain_rates,
            )
        ]
        section = counts(rows) | protocol(rows)
        section["by_scheme"] = {str(name): counts(part) for name, part in rows.groupby("scheme")}
        section["datasets"] = {str(name): dataset(part) for name, part in rows.groupby("dataset")}
        section["binaries"] = _sums(here[0], "outcome", "binaries")
        section["coverage"] = coverage(here[1])
        section["spread"] = spreads(spread[spread["device"] == device])
        section |= _false_wins(here[2])
        section["quality"] = _quality(here[3])
        section["gains"] = gains_section.gains(here[4], here[5])
        out[str(device)] = section
    return out


def counts(rows: pd.DataFrame) -> Section:
    """Cells, complete ones, trials and outcomes; a cell of two datasets is one cell.

    ``rows``: RECORDED.
    """
    outcomes = {str(name): int(rows[str(name)].sum()) for name in Outcome}
    return {
        "cells": int(rows["cell_id"].nunique()),
        "complete_cells": int(rows.loc[rows["complete"], "cell_id"].nunique()),
        "trials": int(rows["trials"].sum()),
        "outcomes": {name: number for name, number in outcomes.items() if number},
    }


def dataset(rows: pd.DataFrame) -> Section:
    """Counts of one dataset, by scheme too, and the seconds for which it held the GPU."""
    return counts(rows) | {
        "by_scheme": {str(name): counts(part) for name, part in rows.groupby("scheme")},
        "gpu_seconds": _seconds(rows),
    }


def protocol(rows: pd.DataFrame) -> Section:
    """How sampling ended, drift, ties, correctness and seconds, over all cells."""
    stops = {str(name): int(rows[f"by_{name}"].sum()) for name in Stop}
    near = rows.loc[rows["complete"], "within_2"].astype(float)
    worst = rows.groupby("scheme")["logits_diff"].max().dropna()
    return {
        "stopped_by": {name: number for name, number in stops.items() if number},
        "throttled_cells": int(rows["throttled"].fillna(False).sum()),
        "marks": _marks(rows),
        "drift": {"median": float(rows["drift"].median()), "largest": float(rows["drift"].max())},
        # Of a part of a space, the configs near its best say little.
        "configs_within_2": {
            name: float(getattr(near, name)()) for name in ("min", "median", "max")
        },
        "largest_logits_diff": {str(name): float(value) for name, value in worst.items()},
        "gpu_seconds": _seconds(rows),
    }


def _marks(rows: pd.DataFrame) -> dict[str, int]:
    """Mark -> cells that bear it: marks are joined by commas."""
    names = rows["marks"].dropna().str.split(",").explode()
    counted = names[names != ""].value_counts()
    return {str(name): int(number) for name, number in sorted(counted.items())}


def _seconds(rows: pd.DataFrame) -> Section:
    return {
        "trials": float(rows["trial_seconds"].sum()),
        "around": float(rows["around_seconds"].sum()),
    }


def coverage(rows: pd.DataFrame) -> Section:
    """Cells with a committed config: how many were measured, in whole, and why not the others."""
    reasons = rows[rows["status"] != MEASURED].drop_duplicates("cell_id")
    found = rows[rows["status"] == MEASURED]
    # Measured in one dataset, refused in another: measured.
    reasons = reasons[~reasons["cell_id"].isin(found["cell_id"])]
    return _covered(rows) | {
        "not_measured": {
            str(name): int((reasons["reason"] == name).sum())
            for name in NotMeasured
            if (reasons["reason"] == name).any()
        },
        "by_scheme": {str(name): _covered(part) for name, part in rows.groupby("scheme")},
    }


def _covered(rows: pd.DataFrame) -> Section:
    found = rows[rows["status"] == MEASURED]
    return {
        "cells": int(rows["cell_id"].nunique()),
        "measured": int(found["cell_id"].nunique()),
        "complete": int(found.loc[found["complete"], "cell_id"].nunique()),
        "committed_correct": int(found.loc[found["committed"], "cell_id"].nunique()),
        "files": int(rows["file"].nunique()),
    }


def spreads(rows: pd.DataFrame) -> Section:
    """By kind: how many differences of the same config with itself, and their quantiles."""
    return {
        str(kind): {
            "n": len(group),
            "cells": int(group["cell_id"].nunique()),
            "median": float(group["value"].median()),
            "p95": float(group["value"].quantile(0.95)),
            "largest": float(group["value"].max()),
        }
        for kind, group in rows.groupby("kind", sort=True)
    }


def _false_wins(rows: pd.DataFrame) -> Section:
    """The rates over all datasets under their own names, those of each dataset beside them."""
    out: Section = {"aa_by_dataset": {}}
    for row in rows.to_dict("records"):
        if row["dataset"] == ALL:
            out[f"aa_{row['metric']}_rate"] = both_intervals(row)
        else:
            by_metric = out["aa_by_dataset"].setdefault(str(row["dataset"]), {})
            by_metric[str(row["metric"])] = estimate(row)
    return out


def _quality(rows: pd.DataFrame) -> Section:
    out: Section = {}
    for row in rows.to_dict("records"):
        out.setdefault(str(row["candidate"]), {})[str(row["metric"])] = both_intervals(row) | {
            "smallest": float(row["smallest"]),
            "largest": float(row["largest"]),
        }
    return out


def _sums(rows: pd.DataFrame, by: str, what: str) -> dict[str, int]:
    return {str(name): int(number) for name, number in rows.groupby(by)[what].sum().items()}
