"""Where the best other config stays behind the committed one, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.lib.judging.decision import LOSS
from scripts.lib.schemas import losses as schema
from scripts.lib.schemas.losses import Cause, Kind
from scripts.report import elsewhere
from scripts.report.estimates import estimated
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import Browsable, Figure, Frame, Section, made

LOSSES = made("losses", "statistics.losses", schema.LOSSES)
ROW = [
    "dataset", "cell_id", "committed_id", "chosen_id", "cause", "evidence", "marks", "widened",
]  # fmt: skip
AGAIN = "again_verdict"
# What lies between two latencies of the same config, see Kind of scripts.lib.schemas.recorded.
SPREAD = {
    "twins": "seconds: A/A pairs of the interleaved finals, medians",
    "anchors": "a cell: re-runs of one config along it, largest to smallest",
    "runs": "another machine and day: a second recording, single medians",
    "runs_shifted": "… what all configs of the cell share divided out",
}
# What tells classes of cells apart, see By of scripts.lib.schemas.breakdowns, in the page's order.
CLASSES = {
    "all": "all",
    "source": "source GPU",
    "vendor": "its maker",
    "scheme": "number formats",
    "E": "experts of a rank, E",
    "N": "intermediate size of a rank, N",
    "M": "tokens, M",
    "family": "model family",
    "age": "age of the committed config, days",
    "Triton": "Triton stated in its file",
}
# Why a config stays behind, see Cause of scripts.lib.schemas.losses, in the order they are asked.
CAUSES = {
    "noise": "the second recording does not repeat it, or it holds by less than such ratios move",
    "space": "the committed config lies outside the legal space",
    "budget": "a config no slower is known elsewhere, or one a parameter away was not tried",
    "censored_label": "the committed config is the best of a curtailed search",
    "version": "its file names another Triton than it was measured with",
    "best_known": "none of these: all that lies near was tried and is slower",
}


def losses(table: Frame) -> Figure:
    """``[device][loss or behind]``: how many, by cause and dataset; of the losses every one.

    ``table``: LOSSES. ``widened``: losses by the interval that allows for the A/A error too.
    ``never_tried_tile``: those at the tokens where the earlier study lost cells, whose BLOCK_SIZE_M
    no other config that was tried has.
    """
    out: Figure = {}
    for device, here in table.groupby("device", sort=True):
        section: Figure = {str(kind): _kind(here[here["kind"] == kind]) for kind in Kind}
        section[Kind.LOSS]["rows"] = _rows(here[here["kind"] == Kind.LOSS])
        out[str(device)] = section
    return out


def _kind(rows: Frame) -> Figure:
    lowest, highest = elsewhere.LOSS_TOKENS
    there = rows["tokens"].between(lowest, highest)
    return {
        "cells": len(rows),
        "widened": int((rows["widened"] == LOSS).sum()),
        "causes": {str(cause): int((rows["cause"] == cause).sum()) for cause in Cause},
        "datasets": {str(name): len(part) for name, part in rows.groupby("dataset", sort=True)},
        "at_pattern_tokens": int(there.sum()),
        "never_tried_tile": int((there & ~rows["tile_tried"]).sum()),
    }


def _rows(rows: Frame) -> list[Figure]:
    """Every cell; ``ratio``, and ``again`` if the second recording says something, as estimates."""
    plain = rows.astype(object).where(rows.notna(), None)
    return [
        {name: row[name] for name in [*ROW, AGAIN]}
        | {"ratio": _ratio(row, "")}
        | ({"again": _ratio(row, "again_")} if row[AGAIN] else {})
        for row in plain.to_dict("records")
    ]


def _ratio(row: Mapping[Any, Any], prefix: str) -> Figure:
    return estimated(row, f"{prefix}ratio", ends=prefix, n=None)


SECTION = Section(
    "losses",
    within="measured",
    origins={"losses": [LOSSES]},
    build=lambda read: {"losses": losses(read["losses"])},
    words={"causes": CAUSES, "elsewhere": elsewhere},
    rows={
        "losses": Browsable(
            (LOSSES,),  # losses first
            lambda rows: plain_rows(
                by_cell(rows).sort_values("kind", ascending=False, kind="stable")
            ),
        )
    },
)
