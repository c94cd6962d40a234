"""What was measured: counts, coverage of the corpus, spread, how often A/A pairs mislead."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.outcome import NotMeasured, Outcome, Stop
from scripts.lib.schemas import gains
from scripts.lib.schemas import recorded as schema
from scripts.report import wording
from scripts.report.estimates import both_intervals, estimate
from scripts.report.gpus import first_gpu, of_gpu
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import (
    Browsable,
    Candidate,
    Figure,
    Frame,
    Frames,
    Headline,
    Rows,
    Section,
    Summary,
    made,
)
from scripts.report.sections.provenance import RUNS

RECORDED = made("recorded", "statistics.recorded", schema.RECORDED)
BINARIES = made("binaries", "statistics.recorded", schema.BINARIES)
COVERAGE = made("coverage", "statistics.coverage", schema.COVERAGE)
SPREAD = made("spread", "statistics.spread", schema.SPREAD)
FALSE_WINS = made("false_wins", "statistics.spread", schema.FALSE_WINS)
GAINS = made("gains", "statistics.gains", gains.GAINS)
ALL = "all"
MEASURED = "measured"
MOST_FALSE_WINS = 0.02  # the share of A/A pairs called a win that is to be reached
# What lies between two latencies of the same config, see Kind of scripts.lib.schemas.recorded.
SPREADS = {
    "twins": "seconds: A/A pairs of the interleaved finals, medians",
    "anchors": "a cell: re-runs of one config along it, largest to smallest",
    "runs": "another machine and day: a second recording, single medians",
    "runs_shifted": "… what all configs of the cell share divided out",
}


def by_device(recorded: Frame, frame: Frame) -> Iterator[tuple[str, Frame]]:
    """Each measured GPU and what is its own of a table."""
    for device in sorted(recorded["device"].unique()):
        yield str(device), of_gpu(frame, device)


def measured(read: Frames) -> Summary:
    """Per GPU, over all datasets: what was recorded, and how the protocol fared."""
    names = ("recorded", "binaries", "coverage", "spread", "false_wins")
    parts = {name: dict(by_device(read["recorded"], read[name])) for name in names}
    return {
        device: counts(rows)
        | protocol(rows)
        | {
            "by_scheme": {str(name): counts(part) for name, part in rows.groupby("scheme")},
            "datasets": {str(name): dataset(part) for name, part in rows.groupby("dataset")},
            "binaries": _sums(parts["binaries"][device], "outcome", "binaries"),
            "coverage": covered(parts["coverage"][device]),
            "spread": spreads(parts["spread"][device]),
        }
        | _false_wins(parts["false_wins"][device])
        for device, rows in parts["recorded"].items()
    }


def counts(rows: Frame) -> Figure:
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


def dataset(rows: Frame) -> Figure:
    """Counts of one dataset, by scheme too, and the seconds for which it held the GPU."""
    return counts(rows) | {
        "by_scheme": {str(name): counts(part) for name, part in rows.groupby("scheme")},
        "gpu_seconds": _seconds(rows),
    }


def protocol(rows: Frame) -> Figure:
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


def _marks(rows: Frame) -> dict[str, int]:
    """Mark -> cells that bear it: marks are joined by commas."""
    names = rows["marks"].dropna().str.split(",").explode()
    counted = names[names != ""].value_counts()
    return {str(name): int(number) for name, number in sorted(counted.items())}


def _seconds(rows: Frame) -> Figure:
    return {
        "trials": float(rows["trial_seconds"].sum()),
        "around": float(rows["around_seconds"].sum()),
    }


def covered(rows: Frame) -> Figure:
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


def _covered(rows: Frame) -> Figure:
    found = rows[rows["status"] == MEASURED]
    return {
        "cells": int(rows["cell_id"].nunique()),
        "measured": int(found["cell_id"].nunique()),
        "complete": int(found.loc[found["complete"], "cell_id"].nunique()),
        "committed_correct": int(found.loc[found["committed"], "cell_id"].nunique()),
        "files": int(rows["file"].nunique()),
    }


def spreads(rows: Frame) -> Figure:
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


def _false_wins(rows: Frame) -> Figure:
    """The rates over all datasets under their own names, those of each dataset beside them."""
    out: Figure = {"aa_by_dataset": {}}
    for row in rows.to_dict("records"):
        if row["dataset"] == ALL:
            out[f"aa_{row['metric']}_rate"] = both_intervals(row)
        else:
            by_metric = out["aa_by_dataset"].setdefault(str(row["dataset"]), {})
            by_metric[str(row["metric"])] = estimate(row)
    return out


def _sums(rows: Frame, by: str, what: str) -> dict[str, int]:
    return {str(name): int(number) for name, number in rows.groupby(by)[what].sum().items()}


def covered_rows(coverage: Frame, gains: Frame) -> Rows:
    """One row per cell with a committed config and dataset that tried it, and what that gained."""
    keys = ["dataset", "cell_id"]
    found = gains[[*keys, "chosen_id", "ratio", "low", "high", "verdict", "marks"]]
    return plain_rows(by_cell(coverage.merge(found, on=keys, how="left")))


def claims(summary: Summary, _: Headline) -> Iterator[Candidate]:
    """How often A/A pairs mislead."""
    for device in summary.get("measured", {}):
        yield Candidate(
            f"measured/{device}/aa_false_win_rate",
            FALSE_WINS,
            "On {n} pairs of slots that ran the same config, the procedure called {rate} a win.",
        )


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Per GPU: how much of the corpus is measured, false wins, and how far a config repeats."""
    for device, section in summary.get("measured", {}).items():
        name = short_name(device)
        if found := section.get("coverage"):
            yield _said_covered(name, found)
        if rate := section.get("aa_false_win_rate"):
            yield _said_false_wins(name, rate)
        if {"twins", "runs"} <= set(section.get("spread", {})):
            yield _said_spread(name, section["spread"])


def _said_covered(device: str, covered: Figure) -> str:
    text = (
        f"{device}: {covered['measured']:,} of the {covered['cells']:,} cells that its"
        f" {covered['files']} config files speak of are measured, {covered['complete']:,} of them"
        " with every legal config"
    )
    missing = covered["not_measured"]
    return f"{text}; the others: {wording.named(missing)}." if missing else f"{text}."


def _said_false_wins(device: str, rate: Figure) -> str:
    verdict = "at or under" if rate["ci"][1] <= MOST_FALSE_WINS else "not shown to be under"
    return (
        f"{device}, all datasets: {wording.per_cent(rate)} of {rate['n']:,} A/A pairs were called a"
        f" win; by the interval's upper end that is {verdict} {MOST_FALSE_WINS:.0%}."
    )


def _said_spread(device: str, spread: Figure) -> str:
    near, far = spread["twins"], spread["runs"]
    return (
        f"{device}: two paired medians of the same config differ by {near['median']:.2%} (95th"
        f" percentile {near['p95']:.2%}), two recordings on two machines by {far['median']:.2%}"
        f" ({far['p95']:.2%}): a difference of a few per cent between recordings shows nothing."
    )


SECTION = Section(
    "datasets",
    within="measured",
    origins={
        "first_gpu": [RECORDED],
        "measured": [RECORDED],
        "measured/*/binaries": [BINARIES],
        "measured/*/coverage": [COVERAGE],
        "measured/*/spread": [SPREAD],
        "measured/*/aa_by_dataset": [FALSE_WINS],
        "measured/*/aa_false_win_rate": [FALSE_WINS],
        "measured/*/aa_false_loss_rate": [FALSE_WINS],
    },
    needs=(RUNS,),
    build=lambda read: {"measured": measured(read), "first_gpu": first_gpu(read)},
    claims=claims,
    readings=readings,
    words={"spread_words": SPREADS, "outcomes": [str(outcome) for outcome in Outcome]},
    captions={
        "spread": "Differences of the same config with itself: within seconds, along a cell, on"
        " another machine."
    },
    rows={"covered": Browsable((COVERAGE, GAINS), covered_rows)},
)
