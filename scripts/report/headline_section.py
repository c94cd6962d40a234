"""The headline of each pair of GPUs, the tests over all pairs, and what the intervals cover."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.headline import Choice

Section = dict[str, Any]
NO_TRIPLES = "no GPU of the target was there to measure on"
NO_SEARCH = "no completely recorded cell has a config of this source to search from"


def headline(table: pd.DataFrame, tests: pd.DataFrame, searched: Section) -> Section:
    """``["SRC->DST"]``: triples and files, gaps, each ``Choice`` by group and metric.

    ``searched``: replayed S1-S8 by source GPU, whose trials to within 2% are the pair's ``trials``
    (a copy itself takes none). ``not_measured`` says what a pair lacks and why.
    """
    out: Section = {}
    for row in table.to_dict("records"):
        pair = out.setdefault(f"{row['source']}->{row['target']}", {})
        metric, figure = str(row["metric"]), _figure(row)
        if row["choice"] == Choice.CORPUS:
            pair |= {"triples": figure["n"], "files": int(row["files"]), metric: figure}
            continue
        groups = pair.setdefault(str(row["choice"]), {})
        if figure["n"]:
            groups.setdefault(str(row["group"]), {})[metric] = figure
    for row in tests.to_dict("records"):
        pair = out[f"{row['source']}->{row['target']}"]
        pair.setdefault("tests", {})[str(row["choice"])] = _test(row)
    for name, pair in out.items():
        source = searched.get(name.partition("->")[0])
        if source is not None and str(Choice.COPY) in pair:
            pair["trials"] = source["trials_to_2pct"] | {"n": source["n"]}
        pair["not_measured"] = _absent(pair)
    return out


def many_pairs(tests: pd.DataFrame) -> Section:
    """Per choice, how many pairs it wins or loses more often than chance, and how many are open."""
    counts = tests.groupby(["choice", "finding"]).size()
    return {
        str(choice): {
            finding: int(counts.get((choice, finding), 0))
            for finding in ("wins_more", "loses_more", "open")
        }
        for choice in (Choice.COPY, Choice.BEST, Choice.SEARCHED)
    }


def _figure(row: dict[Any, Any]) -> Section:
    """``{mean, ci, n}`` as everywhere and how the interval was had; all four are in the table."""
    return {
        "mean": float(row["value"]),
        "ci": [float(row["low"]), float(row["high"])],
        "n": int(row["n"]),
        "ci_by": str(row["ci_by"]),
        "held": bool(row["held"]),
    }


def _test(row: dict[Any, Any]) -> Section:
    names = ("wins", "losses", "files", "p_rows", "p_files", "p", "p_adjusted", "finding")
    return {name: row[name] for name in names}


def _absent(pair: Section) -> dict[str, str]:
    if str(Choice.COPY) not in pair:
        return {"win_rate": NO_TRIPLES, "within_10": NO_TRIPLES, "trials": NO_TRIPLES}
    return {} if "trials" in pair else {"trials": NO_SEARCH}


def coverage_study(table: pd.DataFrame) -> list[Section]:
    """A row for each layout: what it is, and the share covered by procedure."""
    keys = ["statistic", "correlation", "files", "rows", "studies"]
    rows = []
    for values, part in table.groupby(keys, sort=False):
        covered = dict(zip(part["procedure"], part["covered"].astype(float), strict=True))
        rows.append(dict(zip(keys, values, strict=True)) | {"covered": covered})
    return rows
