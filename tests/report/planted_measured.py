"""The synthetic study as the only dataset: what the statistics make of it, and the headline."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.gains import GAIN_RATES, GAINS
from scripts.lib.schemas.headline import COVERAGE_STUDY, HEADLINE, HEADLINE_TESTS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.margins import AA_RATES, MARGINS
from scripts.lib.schemas.recorded import (
    BINARIES,
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
from scripts.lib.tables import Table
from scripts.statistics.aa_rates import aa_rates
from scripts.statistics.bootstrap import Plan
from scripts.statistics.calibration import MEAN, Layout, study
from scripts.statistics.coverage import cover
from scripts.statistics.false_wins import false_wins
from scripts.statistics.gains import gain_rates, gains
from scripts.statistics.gaps import estimate_gaps
from scripts.statistics.headline import choices, headline, significance
from scripts.statistics.held import Held
from scripts.statistics.margins import judged as margins_judged
from scripts.statistics.margins import margins
from scripts.statistics.quality import assess
from scripts.statistics.recorded import count_binaries, record
from scripts.statistics.repeat import Run, compare_runs
from scripts.statistics.spread import between_runs, spread, within_cells, within_finals
from tests.report import planted_live
from tests.report.copied import as_triples, best_of, no_repeats, planted
from tests.report.written import DATASET
from tests.statistics.conftest import PLAN, Judged
from tests.statistics.study import DEVICE, SOURCES, Study
from tests.statistics.test_gaps import triples

GAP_FILES = {"a": 40.0, "b": 170.0, "c": 300.0}
UNMEASURED = f"{DEVICE}/E8-N3584-K4096-top2-bf16/M3072"


def tables(drawn: Study, judged: Judged) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What the report reads of them."""
    rows = triples(GAP_FILES).assign(source=SOURCES[0], target=SOURCES[1])
    quality = assess(drawn.cells, judged.pairwise, judged.aa, judged.verdicts, PLAN)
    repeated = compare_runs(*[Run(drawn.trials, judged.pairwise)] * 2, "again")
    return {
        "history": (_history(), HISTORY),
        "gaps": (estimate_gaps(rows, Plan(resamples=300)), GAPS),
        "quality": (quality, QUALITY),
        "rates": (judged.rates, RATES),
        "repeat": (repeated, REPEAT),
        "pairwise": (judged.pairwise, PAIRWISE),
        "verdicts": (judged.verdicts, VERDICTS),
        "aa": (judged.aa, AA),
        **_measured(drawn, judged),
        **_headline(rows, drawn),
        **_shown(drawn, judged),
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
        "gain_rates": (gain_rates(gained, aa_rates(twins), 0.01, PLAN), GAIN_RATES),
        "recorded": (recorded, RECORDED),
        "binaries": (count_binaries(compiles, trials), BINARIES),
        "coverage": (cover(corpus, recorded), COVERAGE),
        "spread": (spread(parts), SPREAD),
        "false_wins": (false_wins(twins, PLAN), FALSE_WINS),
    }


def _shown(drawn: Study, judged: Judged) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What is shown of the copied configs and of the planted searches, by the study's A/A pairs."""
    copied = planted(drawn.cells).assign(dataset=DATASET)
    rates = aa_rates(judged.aa.assign(dataset=DATASET))
    searched = planted_live.live(copied)
    cells = searched[["cell_id"]].drop_duplicates().assign(dataset=DATASET)
    rows = margins_judged(searched, copied, Held(cells, rates, [DATASET]))
    return {"aa_rates": (rates, AA_RATES), "margins": (margins(rows, rates, PLAN), MARGINS)}


def _headline(triples: pd.DataFrame, drawn: Study) -> dict[str, tuple[pd.DataFrame, Table]]:
    """The headline of two sources whose configs, copied, win, tie and lose on the study's cells."""
    copied = planted(drawn.cells)
    live, held = planted_live.live(copied), planted_live.held(copied)
    judged = choices(copied, best_of(copied), live, no_repeats(), held, 0.01)
    return {
        "headline": (
            headline(pd.concat([triples, as_triples(copied)]), judged, PLAN, 0.01),
            HEADLINE,
        ),
        "headline_tests": (significance(judged, PLAN), HEADLINE_TESTS),
        "coverage_study": (study(Layout(MEAN, 10, 0.3), 20, PLAN), COVERAGE_STUDY),
    }
