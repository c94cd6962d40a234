"""The pairs of tuners on the grid, cell by cell, and what two re-created faults cost on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.lib.config import parse_id
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame

RECREATED = ("careless", "mended")
_ARENA = 64  # tile height for which the re-created tuner makes its buffers
_PLAIN = (
    "ep", "tokens", "pick_first", "pick_second", "margin_first", "margin_second", "processes",
    "matched", "faster", "word", "spread", "floor", "pass_first", "pass_second", "kernels_first",
    "kernels_second", "logits_diff", "max_abs",
)  # fmt: skip


def pairs(grid: Frame) -> list[Figure]:
    """Each pair: counts over its cells, their rows, and the reasons of those not compared."""
    out = []
    for (first, second), mine in grid.groupby(["first", "second"], sort=True):
        there = mine[mine["reason"].isna()]
        unlike = there["pick_first"] != there["pick_second"]
        apart = there[unlike & there["ratio"].notna()]
        words = apart["word"].value_counts()
        every = apart["processes"] - apart["matched"]  # in which they differ
        agreed = (apart["faster"] == 0) | (apart["faster"] == every)
        out.append({
            "first": str(first), "second": str(second),
            "cells": len(mine), "compared": len(there),
            "parity": int(there["parity"].astype(bool).sum()),
            "matched": int((~unlike).sum()), "mismatched": int(unlike.sum()),
            "words": {word: int(words.get(word, 0)) for word in ("win", "tie", "loss")},
            "sign_kept": int(agreed.sum()), "apart": len(apart),
            "largest_spread": _largest(apart["spread"]),
            "largest_floor": _largest(there["floor"]),
            "largest_diff": _largest(there["logits_diff"]),
            "rows": [_cell(row) for row in plain_rows(there)],
            "absent": {str(k): int(n) for k, n in mine["reason"].value_counts().items()},
        })  # fmt: skip
    return out


def _largest(values: Any) -> float | None:
    return float(values.max()) if values.notna().any() else None


def _cell(row: dict[Any, Any]) -> Figure:
    found: Figure = {name: row[name] for name in _PLAIN}
    found["one"] = row["pick_first"] == row["pick_second"]
    found["ratio"] = None
    if row["ratio"] is not None:
        found["ratio"] = estimated(row, "ratio", n="processes")
    for side in ("first", "second"):
        whole, kernels = row[f"pass_{side}"], row[f"kernels_{side}"]
        found[f"between_{side}"] = None if kernels is None else whole - kernels
    return found


def recreated(grid: Frame) -> Figure:
    """What both faults together do: how often the tile of the buffers is chosen, and its price."""
    chosen = (grid["first"] == RECREATED[0]) & (grid["second"] == RECREATED[1])
    mine = grid[chosen & grid["reason"].isna()]
    if not len(mine):
        return {}
    rows = plain_rows(mine)
    over = [1 / row["ratio"] if row["ratio"] else 1.0 for row in rows]
    worst = int(np.argmax(over))
    return {
        "cells": len(rows), "tile": _ARENA,
        "careless": sum(parse_id(row["pick_first"]).block_size_m == _ARENA for row in rows),
        "mended": sum(parse_id(row["pick_second"]).block_size_m == _ARENA for row in rows),
        "behind": float(np.exp(np.mean(np.log(over)))),
        "worst": float(over[worst]), "worst_tokens": rows[worst]["tokens"],
    }  # fmt: skip
