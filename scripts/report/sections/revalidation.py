"""Which verdicts of a recording stand in a second one."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas import revalidation as schema
from scripts.report import wording
from scripts.report.estimates import estimate
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import Browsable, Figure, Finding, Frame, Rows, Section, Summary, made

REVALIDATION = made("revalidation", "statistics.revalidate", schema.REVALIDATION)
RATES = made("revalidation_rates", "statistics.revalidate", schema.REVALIDATION_RATES)
PREMISES = made("premises", "statistics.revalidate", schema.PREMISES)
RANGED = ("change", "spearman", "overlap")
SUMS = ("trials", "tie_trials", "seconds", "tie_seconds")


def revalidation(cells: Frame, rates: Frame, premises: Frame) -> Figure:
    """By second recording: verdicts, order, tie-sets, premises, and what the ties alone cost.

    ``cells``: REVALIDATION; ``rates``: REVALIDATION_RATES; ``premises``: PREMISES.
    """
    return {
        str(name): _recording(rows)
        | {
            str(row["metric"]): estimate(row)
            for row in rates[rates["dataset"] == name].to_dict("records")
        }
        | {"premises": _premises(premises[premises["dataset"] == name])}
        for name, rows in cells.groupby("dataset", sort=True)
    }


def _recording(rows: Frame) -> Figure:
    union = rows["ties"] + rows["ties_again"] - rows["ties_both"]
    ranged = rows.assign(overlap=rows["ties_both"] / union)
    judged = rows.dropna(subset="verdict")
    words = judged["verdict"] + " → " + judged["again_verdict"].fillna("none")
    return {
        "first": str(rows["first"].iloc[0]),
        "cells": len(rows),
        "judged": len(judged),
        "configs": int(rows["configs"].sum()),
        "verdicts": {str(name): int(n) for name, n in words.value_counts().sort_index().items()},
        "evidence": {
            str(name): int(n)
            for name, n in judged["again_evidence"].value_counts().sort_index().items()
        },
        **{
            name: {
                "median": float(ranged[name].median()),
                "smallest": float(ranged[name].min()),
                "largest": float(ranged[name].max()),
            }
            for name in RANGED
        },
        "farthest": _farthest(rows),
        "saving": {
            **{name: float(rows[name].sum()) for name in SUMS},
            "trials_share": float(rows["tie_trials"].sum() / rows["trials"].sum()),
            "seconds_share": float(rows["tie_seconds"].sum() / rows["seconds"].sum()),
        },
    }


def _farthest(rows: Frame) -> Figure:
    """The config whose latency moved most against the others of its cell."""
    row = rows.iloc[int((rows["moved"] - 1).abs().to_numpy().argmax())]
    return {
        "cell_id": str(row["cell_id"]),
        "config_id": str(row["moved_id"]),
        "moved": float(row["moved"]),
    }


def _premises(rows: Frame) -> Figure:
    return {
        str(row["premise"]): {
            "first": row["value_first"],
            "second": row["value_second"],
            "equal": bool(row["equal"]),
        }
        for row in rows.to_dict("records")
    }


def unsettled_rows(revalidation: Frame) -> Rows:
    """One row per verdict that does not stand in the second recording."""
    judged = revalidation.dropna(subset="standing")
    return plain_rows(by_cell(judged[judged["standing"] != schema.Standing.STANDS]))


def found(summary: Summary) -> Iterator[Finding]:
    """Of each second recording: verdicts that stand, and that flip."""
    for dataset, one in summary["revalidation"].items():
        yield Finding(
            f"{one['first']}, recorded again as {dataset}",
            f"{wording.per_cent(one['stands'])} of {one['judged']:,} verdicts stand,"
            f" {wording.per_cent(one['flips'])} flip",
            "",
        )


SECTION = Section(
    "revalidation",
    about="which verdicts a second recording keeps",
    found=found,
    do="after a change of driver, machine or Triton measure the tie-sets again; CONTRIBUTING.md has"
    " the commands.",
    origins={"revalidation": [REVALIDATION, RATES, PREMISES]},
    build=lambda read: {
        "revalidation": revalidation(
            read["revalidation"], read["revalidation_rates"], read["premises"]
        )
    },
    rows={"unsettled": Browsable((REVALIDATION,), unsettled_rows)},
    links={"revalidation": "Verdicts asked again"},
)
