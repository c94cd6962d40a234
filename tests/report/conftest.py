"""The synthetic study written out as the report's input, and the summary made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.gains import GAIN_RATES, GAINS
from scripts.lib.schemas.headline import COVERAGE_STUDY, HEADLINE, HEADLINE_TESTS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.margins import AA_RATES, MARGINS
from scripts.lib.schemas.recorded import (
    BINARIES,
    COST,
    COVERAGE,
    FALSE_WINS,
    RECORDED,
    SPREAD,
)
from scripts.lib.schemas.statistics import (
    AA,
    GAPS,
    PAIRWISE,
    QUALITY,
    RATES,
    REPEAT,
    VERDICTS,
)
from scripts.lib.tables import Table, write_table
from scripts.report import summary
from scripts.report.sections import summary_sources
from scripts.statistics.aa_rates import aa_rates
from scripts.statistics.bootstrap import Plan
from scripts.statistics.calibration import MEAN, Layout, study
from scripts.statistics.cost import cost
from scripts.statistics.coverage import cover
from scripts.statistics.false_wins import false_wins
from scripts.statistics.gains import gain_rates, gains
from scripts.statistics.gaps import estimate_gaps
from scripts.statistics.headline import choices, headline, significance
from scripts.statistics.margins import judged as margins_judged
from scripts.statistics.margins import margins
from scripts.statistics.quality import assess
from scripts.statistics.recorded import count_binaries, record
from scripts.statistics.repeat import Run, compare_runs
from scripts.statistics.spread import between_runs, spread, within_cells, within_finals
from tests.report import absent, again, both_runtimes, planted_live, planted_teaching, searched
from tests.report.copied import as_triples, best_of, no_repeats, planted
from tests.statistics.conftest import PLAN, Judged, drawn, judged
from tests.statistics.study import DEVICE, RUN, SOURCES, Study
from tests.statistics.test_gaps import triples

__all__ = ["drawn", "judged"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
UPSTREAM = "89abcdef0123456789abcdef0123456789abcdef"
GAP_FILES = {"a": 40.0, "b": 170.0, "c": 300.0}
DATASET = "nvidia_h200-study"
UNMEASURED = f"{DEVICE}/E8-N3584-K4096-top2-bf16/M3072"
# Of both sides: seconds as scripts.measure.tuning_cost writes them.
TUNED = {
    "gpu": {"device": DEVICE},
    "shape": "E8-N3584-K4096-top2-bf16",
    "batches": 18,
    "graphx": {"budget": 128, "seconds": 100.0, "steps": {"plan": 1.0, "sweep": 99.0}},
    "upstream": {
        "space": 1920,
        "samples": [
            {
                "cell_id": f"{DEVICE}/E8-N3584-K4096-top2-bf16/M{tokens}",
                "compile_seconds": 0.5 + 0.1 * number,
                "timing_seconds": 0.25,
                "cached_seconds": 0.3,
            }
            for tokens in (1, 64)
            for number in range(4)
        ],
    },
}
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


# A verdict as scripts.claims.gate writes it.
GATE = {
    "claimable_win": True,
    "claim": "kernel",
    "order": "dominates",
    "layer": "NVIDIA_H200/E8-N3584-K4096-top2-bf16",
    "spec_hash": "beef",
    "baseline": {"path": "data/baseline.csv", "sha256": "1" * 64},
    "checks": {"coverage": {"pass": True, "reasons": []}, "win": {"pass": True, "reasons": []}},
    "points": [
        {
            "tokens": 64,
            "before": "M16-N32-K128-G1-W4-S4",
            "after": "M16-N64-K128-G1-W4-S4",
            "standing": "better",
            "kernel": [
                {
                    "recording": "nvidia_h200-study",
                    "ratio": 0.95,
                    "ci": [0.94, 0.96],
                    "allowed": 1.03,
                    "rounds": 20,
                    "marks": "",
                }
            ],
        }
    ],
}
JUDGED = {
    "guardrails": {
        "G1": {
            "pass": True,
            "rule": "target configs are byte-identical to their upstream blobs",
            "evidence": [
                {
                    "path": "data/recorded/history.parquet",
                    "sha256": "0" * 64,
                    "command": "python -m scripts.lib.manifest check",
                    "says": "85 of 85 files",
                }
            ],
            "findings": [],
        }
    },
    "strong": {},
}
SCANNED = {
    "version": 1,
    "ledgers": [
        {
            "ledger": f"data/recorded/measured/{DATASET}/ledger.columns.xz",
            "lines": 1000,
            "runs": 2,
            "attempts": 900,
            "cells": 16,
            "findings": 0,
        }
    ],
    "findings": [],
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


def _measured(drawn: Study, judged: Judged) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What the statistics make of the study as the only dataset, one corpus cell not measured."""
    trials, cells, compiles, twins = (
        frame.assign(dataset=DATASET)
        for frame in (drawn.trials, drawn.cells, drawn.compiles, judged.aa)
    )
    recorded = record(trials, cells, drawn.space[drawn.space["legal"]])
    corpus = pd.concat([drawn.cells, drawn.cells.iloc[:1].assign(cell_id=UNMEASURED, tokens=3072)])
    corpus = corpus[["cell_id", "device", "scheme", "tokens"]].assign(file="a.json", foreign=False)
    moved = drawn.trials.assign(median_us=20.0)
    repeated = between_runs(drawn.trials, moved, "again")
    parts = [within_finals(twins), within_cells(recorded), repeated]
    gained = gains(recorded, cells, drawn.finals.assign(dataset=DATASET), 0.01, 0.95)
    return {
        "gains": (gained, GAINS),
        "gain_rates": (gain_rates(gained, PLAN), GAIN_RATES),
        "recorded": (recorded, RECORDED),
        "binaries": (count_binaries(compiles, trials), BINARIES),
        "coverage": (cover(corpus, recorded), COVERAGE),
        "spread": (spread(parts), SPREAD),
        "false_wins": (false_wins(twins, PLAN), FALSE_WINS),
        "cost": (cost(TUNED, PLAN), COST),
    }


def _shown(drawn: Study, judged: Judged) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What is shown of the copied configs and of the planted searches, by the study's A/A pairs."""
    copied = planted(drawn.cells).assign(dataset=DATASET)
    rates = aa_rates(judged.aa.assign(dataset=DATASET))
    rows = margins_judged(planted_live.live(copied), copied, DATASET)
    return {"aa_rates": (rates, AA_RATES), "margins": (margins(rows, rates, PLAN), MARGINS)}


def _headline(triples: pd.DataFrame, drawn: Study) -> dict[str, tuple[pd.DataFrame, Table]]:
    """The headline of two sources whose configs, copied, win, tie and lose on the study's cells."""
    copied = planted(drawn.cells)
    judged = choices(copied, best_of(copied), planted_live.live(copied), no_repeats(), 0.01)
    return {
        **planted_live.tables(copied),
        "headline": (
            headline(pd.concat([triples, as_triples(copied)]), judged, PLAN, 0.01),
            HEADLINE,
        ),
        "headline_tests": (significance(judged, PLAN), HEADLINE_TESTS),
        "coverage_study": (study(Layout(MEAN, 10, 0.3), 20, PLAN), COVERAGE_STUDY),
    }


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
        **_measured(drawn, judged),
        "quality": (
            assess(drawn.cells, judged.pairwise, judged.aa, judged.verdicts, PLAN),
            QUALITY,
        ),
        "rates": (judged.rates, RATES),
        "repeat": (
            compare_runs(*[Run(drawn.trials, judged.pairwise)] * 2, "again"),
            REPEAT,
        ),
        "pairwise": (judged.pairwise, PAIRWISE),
        "verdicts": (judged.verdicts, VERDICTS),
        "aa": (judged.aa, AA),
        **_headline(rows, drawn),
        **_shown(drawn, judged),
        **{name: (make(), table) for name, (make, table) in absent.TABLES.items()},
        **again.tables(drawn),
        **searched.tables(),
        **planted_teaching.tables(),
        **both_runtimes.tables(),
    }
    for name, (frame, table) in tables.items():
        paths[name] = folder / f"{name}.parquet"
        write_table(paths[name], frame, table)
    texts = {
        "runs": (f"{DATASET}/runs.json", json.dumps(RUNS)),
        "upstream": ("upstream.yaml", f"commit: {UPSTREAM}\n"),
        "ledger": ("ledger.json", json.dumps(SCANNED)),
        "guardrails": ("guardrails.json", json.dumps(JUDGED)),
        "gate": ("gate.json", json.dumps(GATE)),
        "lock": ("lock.txt", "numpy==2.4.6\nscipy==1.17.1\n"),
    }
    for name, (file, text) in texts.items():
        paths[name] = folder / file
        paths[name].parent.mkdir(exist_ok=True)
        paths[name].write_text(text)
    return paths


def summary_arguments(inputs: dict[str, Path], out: Path) -> list[str]:
    """The command line of the summary over these inputs."""
    tables = [str(inputs[source.name]) for source in summary_sources()]
    return [
        *("--tables", *tables),
        *("--upstream", str(inputs["upstream"]), "--lock", str(inputs["lock"])),
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
