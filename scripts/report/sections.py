"""Sections of the summary, each from the tables that the statistics wrote. Nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

Section = dict[str, Any]
SIGNIFICANT = 6


def rounded(value: Any) -> Any:
    """Floats to 6 significant digits, all through; NaN becomes None, whole floats stay floats."""
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return None if pd.isna(value) else float(f"{value:.{SIGNIFICANT}g}")
    return value


def estimate(row: Mapping[Any, Any]) -> Section:
    """``{mean, ci, n}`` of a row of any table with the columns of an estimate."""
    return {
        "mean": float(row["mean"]),
        "ci": [float(row["low"]), float(row["high"])],
        "n": int(row["n"]),
        "ci_by": str(row["ci_by"]),
    }


def both_intervals(row: Mapping[Any, Any]) -> Section:
    """An estimate with the two intervals of which ``ci`` is the wider."""
    return estimate(row) | {
        "ci_rows": [float(row["rows_low"]), float(row["rows_high"])],
        "ci_files": [float(row["clusters_low"]), float(row["clusters_high"])],
    }


def corpus(history: pd.DataFrame, gaps: pd.DataFrame) -> Section:
    """Files, rows, triples, and for each ordered pair of devices its size and both gaps."""
    pairs: Section = {}
    for row in gaps.to_dict("records"):
        pair = pairs.setdefault(
            f"{row['source']}->{row['target']}",
            {"file_pairs": int(row["file_pairs"]), "triples": int(row["triples"])},
        )
        pair[str(row["metric"])] = both_intervals(row)
    json_files = history.loc[history["file"].str.endswith(".json"), "file"]
    return {
        "files": int(json_files.nunique()),
        "rows": int(history["batch"].notna().sum()),
        "triples": sum(pair["triples"] for pair in pairs.values()),
        "pairs": pairs,
    }


def repeat(cells: pd.DataFrame) -> Section:
    """Per GPU: what second recordings of some cells, on another machine, say of the first.

    Over all cells, and under ``datasets`` by second recording.
    """
    out: Section = {}
    for device, rows in cells.groupby(cells["cell_id"].str.split("/").str[0], sort=True):
        parts = {str(name): _again(part) for name, part in rows.groupby("dataset", sort=True)}
        out[str(device)] = _again(rows) | {"datasets": parts}
    return out


def _again(rows: pd.DataFrame) -> Section:
    section: Section = {
        name: {
            "median": float(rows[name].median()),
            "smallest": float(rows[name].min()),
            "largest": float(rows[name].max()),
        }
        for name in ("shift", "spread", "spearman", "best_again")
    }
    section["cells"] = len(rows)
    section["configs"] = int(rows["configs"].sum())
    section["best_ties"] = int(rows["best_ties"].sum())
    return section


def transfer(rates: pd.DataFrame) -> Section:
    """``[pair][strategy][K]``: cells judged, rates and regret; the files that they come from."""
    out: Section = {}
    for row in rates.to_dict("records"):
        pair = out.setdefault(f"{row['source']}->{row['target']}", {})
        entry = pair.setdefault(str(row["strategy"]), {}).setdefault(
            str(row["K"]), {"n": int(row["cells"])}
        )
        entry[str(row["metric"])] = estimate(row)
        entry["files"] = max(int(row["clusters"]), entry.get("files", 0))
    return out
