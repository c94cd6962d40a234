"""The synthetic study written out as the report's input, and the summary made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.statistics import (
    AA,
    COUNTS,
    GAPS,
    PAIRWISE,
    QUALITY,
    RATES,
    REPEAT,
    VERDICTS,
)
from scripts.lib.tables import write_table
from scripts.report import summary
from scripts.report.inputs import INPUTS
from scripts.statistics.bootstrap import Plan
from scripts.statistics.counts import count
from scripts.statistics.gaps import estimate_gaps
from scripts.statistics.quality import assess
from scripts.statistics.repeat import Run, compare_runs
from tests.report import absent
from tests.statistics.conftest import PLAN, Judged, drawn, judged
from tests.statistics.study import DEVICE, RUN, SOURCES, Study
from tests.statistics.test_gaps import triples

__all__ = ["drawn", "judged"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
UPSTREAM = "89abcdef0123456789abcdef0123456789abcdef"
GAP_FILES = {"a": 40.0, "b": 170.0, "c": 300.0}
RUNS = {
    "runs": [
        {
            "run_id": RUN,
            "commit": COMMIT,
            "kernel_hash": "feed",
            "gpu": {"name": "NVIDIA H200", "uuid": "GPU-1", "driver": "570.1"},
            "command": "python -m scripts.measure.sweep --plan plan.parquet",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-01T01:00:00Z",
            "cpus": 16,
            "compile_seconds": 30.0,
            "binaries": 200,
            "trial_seconds": 140.0,
        }
    ],
    "cost": [
        {
            "what": "upstream_method",
            "cell_id": f"{DEVICE}/E8-N3584-K4096-top2-bf16/M64",
            "sampled_configs": 2,
            "compile_seconds": [1.0, 2.0],
            "timing_seconds": [0.25, 0.75],
            "space": 1920,
        },
        {
            "what": "specialisation",
            "rows": [{}, {}, {}],
            "ratios": {"top_k": 1.016, "GROUP_SIZE_M": 0.995, "top_k+GROUP_SIZE_M": 1.011},
        },
    ],
}


def _history() -> pd.DataFrame:
    frame = pd.DataFrame(index=range(4), columns=HISTORY.names)
    for column in HISTORY.columns:
        if not column.nullable:
            kind = str(column.type)
            zero = {"string": "", "bool": True}.get(kind, 0)
            frame[column.name] = pd.Timestamp(0, tz="UTC") if "timestamp" in kind else zero
    frame["file"] = ["a.json", "a.json", "b.json", "README"]
    frame["batch"] = pd.array([1, 2, 1, None], dtype="Int32")
    return frame


@pytest.fixture(scope="session")
def inputs(
    drawn: Study, judged: Judged, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Paths of every file that the report reads."""
    folder = tmp_path_factory.mktemp("report")
    paths = drawn.write(folder)
    rows = triples(GAP_FILES).assign(source=SOURCES[0], target=SOURCES[1])
    tables = {
        "history": (_history(), HISTORY),
        "gaps": (estimate_gaps(rows, Plan(resamples=300)), GAPS),
        "counts": (count(drawn.trials, drawn.cells, drawn.compiles, drawn.space), COUNTS),
        "quality": (
            assess(drawn.cells, judged.pairwise, judged.aa, judged.verdicts, PLAN),
            QUALITY,
        ),
        "rates": (judged.rates, RATES),
        "repeat": (
            compare_runs(*[Run(drawn.trials, judged.pairwise)] * 2),
            REPEAT,
        ),
        "pairwise": (judged.pairwise, PAIRWISE),
        "verdicts": (judged.verdicts, VERDICTS),
        "aa": (judged.aa, AA),
        **{name: (make(), table) for name, (make, table) in absent.TABLES.items()},
    }
    for name, (frame, table) in tables.items():
        paths[name] = folder / f"{name}.parquet"
        write_table(paths[name], frame, table)
    texts = {
        "runs": ("runs.json", json.dumps(RUNS)),
        "upstream": ("upstream.yaml", f"commit: {UPSTREAM}\n"),
        "lock": ("lock.txt", "numpy==2.4.6\nscipy==1.17.1\n"),
    }
    for name, (file, text) in texts.items():
        paths[name] = folder / file
        paths[name].write_text(text)
    return paths


def summary_arguments(inputs: dict[str, Path], out: Path) -> list[str]:
    """The command line of the summary over these inputs."""
    names = (*INPUTS, "runs", "upstream", "lock")
    options = {name: f"--{name.replace('_', '-')}" for name in names}
    return [
        *(part for name in names for part in (options[name], str(inputs[name]))),
        *("--datasets", str(inputs["trials"]), str(inputs["runs"])),
        *("--sources", *SOURCES, "--gap-source", SOURCES[0], "--gap-target", SOURCES[1]),
        *("--margin", "0.01", "--level", "0.95", "--resamples", str(PLAN.resamples)),
        *("--out", str(out)),
    ]


@pytest.fixture(scope="session")
def summary_path(inputs: dict[str, Path]) -> Path:
    """The summary as written by its entry module."""
    out = inputs["rates"].with_name("summary.json")
    assert summary.main(summary_arguments(inputs, out)) == 0
    return out
