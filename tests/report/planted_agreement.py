"""Verdicts of the synthetic study's kind under an operator, as the statistics make them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.schemas.agreement import AGREEMENT, OP_BESIDE, OP_GEMMS, OP_PAIRS
from scripts.lib.tables import Table
from scripts.statistics.agreement import compare
from scripts.statistics.op_gemms import Key, gemms
from tests.statistics import planted_beside
from tests.statistics.test_agreement import (
    INT4,
    MARGIN,
    PLAN,
    TRUTH,
    under_op,
    with_default,
    written,
)


def made() -> tuple[pd.DataFrame, pd.DataFrame]:
    """OP_PAIRS and AGREEMENT."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        op = written(root / "op", with_default(under_op(TRUTH)), 1, INT4)
        own = [written(root / f"own-{n}", TRUTH, n) for n in (2, 3)]
        return compare([op], own, MARGIN, PLAN)


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """Both tables."""
    pairs, rows = made()
    return {
        "agreement": (rows, AGREEMENT),
        "op_pairs": (pairs, OP_PAIRS),
        "op_gemms": (gemms(pairs, timed(pairs)), OP_GEMMS),
        "op_beside": (planted_beside.made(), OP_BESIDE),
    }


def timed(pairs: pd.DataFrame) -> dict[Key, Mapping[str, Any]]:
    """The first pair's GEMMs: the operator's a tenth slower than committed, graphx's alike."""
    first = pairs.iloc[0]
    return {
        (first["cell_id"], config, scope, "cold"): {
            "up_us": 20.0 * slower, "down_us": 10.0 * slower, "rest_us": 5.0, "us": 40.0,
        }
        for scope, ratio in (("op", 1.1), ("two_gemm", 1.0))
        for config, slower in ((first["config_id"], ratio), (first["committed_id"], 1.0))
    }  # fmt: skip


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one an estimate, one a pair with another word, as the table has it."""
    pairs, estimates = made()
    return len(estimates) + int((pairs["verdict"] != pairs["op_verdict"]).sum())
