"""A small journal of the engine and record of the operator, as serving makes tables of them."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.schemas.serving import BENCH_RATIOS, ENGINE_BENCH, LAW, REPLAY
from scripts.lib.tables import Table
from scripts.serving.bench import tables as of_bench
from scripts.serving.engine import tables as of_engine
from scripts.serving.journal import read_engine
from scripts.serving.law import launched_in, law
from scripts.serving.replay import replay
from tests.serving.journals import journal
from tests.serving.test_law import operator
from tests.serving.test_replay import POOL, recorded


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All tables of the phase."""
    return dict(_made())


@cache
def _made() -> dict[str, tuple[pd.DataFrame, Table]]:
    with tempfile.TemporaryDirectory() as name:
        engine = read_engine(journal(Path(name) / "j.jsonl", fault="no-memory"))
    found = of_engine([engine])
    ratios = found["engine_ratios"][0]
    bench, held = of_bench([engine])
    return found | {
        "law": (law(ratios, launched_in([engine]), {"uniform": operator()}), LAW),
        "engine_bench": (bench, ENGINE_BENCH),
        "bench_ratios": (held, BENCH_RATIOS),
        "replay": (replay(*recorded(), POOL, 1), REPLAY),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: steps, over a base, outputs, served, failed, replayed layers, law."""
    (part,) = (one for one in summary["runtime"].values() if "engine_runs" in one)
    runs, serving = part["engine_runs"], summary["serving"]
    return (
        len(part["engine"])
        + len(runs["over"])
        + sum(len(runs[name]) for name in ("outputs", "served", "failed"))
        + sum(len(one["rows"]) for one in serving["replay"]["over"].values())
        + serving["law"]["cells"]
        + sum(len(part["http"][name]) for name in ("rows", "ratios"))
    )
