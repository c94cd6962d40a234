"""A second GPU among the recordings leaves every row of the first as it was, in every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.schemas.states import STATES
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.shape import device_of
from scripts.lib.tables import read_table, write_table
from scripts.statistics import triples as triples_step
from scripts.statistics.aa_rates import aa_rates
from scripts.statistics.aggregate import aggregate
from scripts.statistics.bootstrap import Plan
from scripts.statistics.breakdown import break_all_down, judged_rows
from scripts.statistics.dataset import read_recordings
from scripts.statistics.false_wins import false_wins, twins_by_dataset
from scripts.statistics.gains import gain_rates, gains
from scripts.statistics.headline import choices, headline, significance
from scripts.statistics.held import Held, errors
from scripts.statistics.live import losses as live_losses
from scripts.statistics.live import rates as live_rates
from scripts.statistics.losses import Evidence, explain
from scripts.statistics.margins import judged as judged_margins
from scripts.statistics.margins import margins
from scripts.statistics.pairwise import compare_finalists
from scripts.statistics.quality import assess
from scripts.statistics.recorded import count_binaries, record
from scripts.statistics.recording import Recorded, premises
from scripts.statistics.repeat import Run, compare_runs
from scripts.statistics.revalidate import rates as revalidation_rates
from scripts.statistics.revalidate import revalidate
from scripts.statistics.search_choices import behind
from scripts.statistics.search_choices import verdicts as search_verdicts
from scripts.statistics.search_pairs import compare as search_pairs
from scripts.statistics.searches import read_off
from scripts.statistics.spread import between_runs, spread, within_cells, within_finals
from scripts.statistics.states import states
from scripts.statistics.verdicts import judge
from tests.report import searched
from tests.report.copied import filled
from tests.report.planted_live import live as planted_live
from tests.statistics import study
from tests.statistics.test_triples import corpus

FIRST, SECOND = study.DEVICE, "NVIDIA_B200"
MARGIN, PLAN = 0.01, Plan(resamples=200)
SOURCES = dict(zip(study.SOURCES, study.CONFIGS[3:5], strict=True))
Tables = dict[str, pd.DataFrame]


def studies() -> list[study.Study]:
    """The first has a cell without finals; the finals of the second disagree with its sweep."""
    one, two = study.build(seeds=2), study.build(seed=11, seeds=2, device=SECOND)
    alone = one.cells["cell_id"].iloc[0]
    one = replace(one, finals=one.finals[one.finals["cell_id"] != alone])
    two.finals.loc[two.finals["slot"] == 1, "us"] *= 1.5
    return [one, two]


def together(drawn: Sequence[study.Study], name: str) -> pd.DataFrame:
    """One table of all studies; each GPU's recording is named by it."""
    parts = [getattr(one, name).assign(dataset=one.cells["device"].iloc[0]) for one in drawn]
    return pd.concat(parts, ignore_index=True)


def judged_triples(drawn: Sequence[study.Study], folder: Path) -> tuple[Tables, pd.DataFrame]:
    """TRIPLES, SHAPES and TRIPLE_VERDICTS, these by the step's command line."""
    found = [corpus(one, SOURCES) for one in drawn]
    triples = pd.concat([rows for rows, _ in found], ignore_index=True)
    shapes = found[0][1]
    options = ["--triples", str(folder / "triples.parquet"), "--shapes"]
    options += [str(folder / "shapes.parquet"), "--out", str(folder / "out.parquet")]
    write_table(folder / "triples.parquet", triples, triples_step.TRIPLES)
    write_table(folder / "shapes.parquet", shapes, triples_step.SHAPES)
    for name, table in (("trials", TRIALS), ("cells", CELLS), ("finals", FINALS)):
        options.append(f"--{name}")
        for one in drawn:
            path = folder / one.cells["device"].iloc[0] / f"{name}.parquet"
            write_table(path, getattr(one, name), table)
            options.append(str(path))
    assert triples_step.main(options) == 0
    verdicts = read_table(folder / "out.parquet", TRIPLE_VERDICTS)
    return {"triples": triples, "shapes": shapes}, verdicts


def recordings(drawn: Sequence[study.Study]) -> list[tuple[Recorded, Recorded]]:
    """Each study as a recording, and another of the same cells."""
    pairs = []
    for one in drawn:
        name = one.cells["device"].iloc[0]
        found, _ = compare_finalists(one.finals, one.cells, MARGIN, PLAN.level)
        tables = (one.trials, one.finals, one.cells, found, [{"gpu": {"name": name}}])
        pairs.append((Recorded(name, *tables), Recorded(f"{name}-repeat", *tables)))
    return pairs


def compared(drawn: Sequence[study.Study]) -> Tables:
    """The tables on finals, trials and replays."""
    trials, cells, finals = (together(drawn, name) for name in ("trials", "cells", "finals"))
    pairwise, aa = compare_finalists(finals, cells, MARGIN, PLAN.level)
    twins = twins_by_dataset(finals, MARGIN, PLAN.level)
    replay = together(drawn, "replay").drop(columns="dataset")
    # Of the first cell only trials and no finals are known: its choices are judged by the sweep.
    error = errors(cells.assign(same=False), aa_rates(twins))
    judged = cells.assign(error=error)
    verdicts = judge(replay, trials, judged, pairwise, set(cells["cell_id"]), MARGIN)
    legal = together(drawn, "space").query("legal")
    recorded = record(trials, cells, legal)
    gained = gains(recorded, cells, finals, MARGIN, PLAN.level)
    again = [between_runs(one.trials, one.trials, f"{one.cells['device'][0]}-b") for one in drawn]
    runs = recordings(drawn)
    stood = [revalidate(*pair, MARGIN, PLAN.level) for pair in runs]
    shared = [
        compare_runs(*(Run(_finished(one), one.pairwise) for one in pair), pair[1].name)
        for pair in runs
    ]
    return {
        "pairwise": pairwise,
        "aa": aa,
        "verdicts": verdicts,
        "rates": aggregate(verdicts, PLAN),
        "quality": assess(cells, pairwise, aa, verdicts, PLAN),
        "recorded": recorded,
        "binaries": count_binaries(together(drawn, "compiles"), trials),
        "false_wins": false_wins(twins, PLAN),
        "spread": spread([within_finals(twins), within_cells(recorded), *again]),
        "gains": gained,
        "gain_rates": gain_rates(gained, aa_rates(twins), MARGIN, PLAN),
        "revalidation": pd.concat(stood, ignore_index=True),
        "revalidation_rates": revalidation_rates(pd.concat(stood, ignore_index=True), PLAN),
        "premises": pd.concat([premises(*pair) for pair in runs], ignore_index=True),
        "repeat": pd.concat(shared, ignore_index=True),
    }


def _finished(one: Recorded) -> pd.DataFrame:
    return one.trials[one.trials["cell_id"].isin(one.pairwise["cell_id"])]


def transferred(drawn: Sequence[study.Study], found: Tables, folder: Path) -> Tables:
    """The tables on triples, classes of cells and searches on the GPU."""
    known, verdicts = judged_triples(drawn, folder)
    parts = [planted_live(rows) for _, rows in verdicts.groupby("target", sort=False)]
    searched = pd.concat(parts, ignore_index=True)[LIVE.names]
    held = held_of(drawn)
    judged = choices(verdicts, found["gains"], searched, found["spread"], held, MARGIN)
    files = found["gains"][["cell_id", "device"]].assign(file=lambda f: f["device"] + ".json")
    coverage = filled(files, COVERAGE)
    history = filled(files[["file"]].drop_duplicates(), HISTORY)
    history["last_commit_date"] = pd.Timestamp("2026-01-01", tz="UTC")
    space = together(drawn, "space")
    evidence = Evidence(
        revalidation=found["revalidation"],
        coverage=coverage,
        history=history,
        trials=together(drawn, "trials"),
        legal=space[space["legal"]],
        triton={},
        aa=held.rates,
    )
    return {
        "triple_verdicts": verdicts,
        "headline": headline(known["triples"], judged, PLAN, 0.01),
        "headline_tests": significance(judged, PLAN),
        "breakdowns": break_all_down(
            judged_rows(verdicts, found["gains"], searched, coverage, held),
            known["shapes"],
            history,
            MARGIN,
            PLAN,
        ),
        "losses": explain(found["gains"], evidence, MARGIN),
        "live_rates": live_rates(searched, held, PLAN, 0.01),
        "live_losses": live_losses(searched, space, held, MARGIN),
        "margins": margins(judged_margins(searched, verdicts, held), held.rates, PLAN),
        "states": held.states,
    }


def replayed(drawn: Sequence[study.Study]) -> Tables:
    """The tables on replayed searches: on the second GPU each a little slower, and one absent."""
    runs, chosen = searched.searches(), searched.search_choices()
    for one in drawn[1:]:
        device = one.cells["device"].iloc[0]
        again, other = (
            rows.assign(cell_id=rows["cell_id"].str.replace(FIRST, device))
            for rows in (runs[runs["strategy"] != "random"], chosen)
        )
        regrets = [name for name in again if name.startswith("regret_")]
        again[regrets] *= 1.01
        runs = pd.concat([again, runs], ignore_index=True)
        chosen = pd.concat([other.assign(regret=other["regret"] * 1.01), chosen])
    rates, costs = read_off(runs, PLAN)
    chosen = chosen.reset_index(drop=True)
    return {
        "search_rates": rates,
        "search_costs": costs,
        "search_pairs": search_pairs(runs, PLAN),
        "search_verdicts": search_verdicts(chosen, MARGIN, PLAN),
        "search_behind": behind(chosen, MARGIN),
    }


def held_of(drawn: Sequence[study.Study]) -> Held:
    """States and A/A errors of the studies; each is the recording of its GPU's searches too."""
    parts = []
    for one in drawn:
        name = one.cells["device"].iloc[0]
        runs = [{"run_id": study.RUN, "started": "2026-01-01T00:00:00Z", "gpu": {"uuid": name}}]
        parts.append(states(one.cells, one.trials, one.finals, runs, 0.01).assign(dataset=name))
    twins = twins_by_dataset(together(drawn, "finals"), MARGIN, PLAN.level)
    every = pd.concat(parts, ignore_index=True)
    return Held(every[STATES.names], aa_rates(twins), sorted(set(every["dataset"])), [])


def tables(drawn: Sequence[study.Study], folder: Path) -> Tables:
    found = compared(drawn)
    return found | transferred(drawn, found, folder) | replayed(drawn)


def of(device: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of one GPU, by the column that names it."""
    if "cell_id" in rows:
        mine = rows["cell_id"].map(device_of) == device
    else:
        mine = rows["device" if "device" in rows else "target"] == device
    return rows[mine].reset_index(drop=True)


@pytest.fixture(scope="module")
def drawn_two() -> list[study.Study]:
    return studies()


@pytest.fixture(scope="module")
def both(
    drawn_two: list[study.Study], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Tables, Tables]:
    """All tables of the first GPU alone, and of both."""
    folder: Callable[[str], Path] = tmp_path_factory.mktemp
    return tables(drawn_two[:1], folder("one")), tables(drawn_two, folder("two"))


NAMES = (
    "pairwise", "aa", "verdicts", "rates", "quality", "recorded", "binaries", "false_wins",
    "spread", "gains", "gain_rates", "revalidation", "revalidation_rates", "premises", "repeat",
    "triple_verdicts", "headline", "headline_tests", "breakdowns", "losses", "live_rates",
    "live_losses", "margins", "search_rates", "search_costs", "search_pairs", "search_verdicts",
    "search_behind", "states",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_second_gpu_moves_no_row_of_the_first(both: tuple[Tables, Tables], name: str) -> None:
    alone, beside = (found[name] for found in both)
    assert len(of(FIRST, alone)) == len(alone) > 0
    mine = of(FIRST, beside)
    assert mine.to_csv(index=False) == alone.to_csv(index=False)


@pytest.mark.parametrize("name", NAMES)
def test_the_second_gpu_has_rows_of_its_own(both: tuple[Tables, Tables], name: str) -> None:
    beside = both[1][name]
    assert len(of(SECOND, beside)) + len(of(FIRST, beside)) == len(beside)
    assert len(of(SECOND, beside)) > 0


def test_every_table_is_tried(both: tuple[Tables, Tables]) -> None:
    assert set(both[0]) == set(both[1]) == set(NAMES)


def test_a_cell_in_two_recordings_is_refused(drawn_two: list[study.Study], tmp_path: Path) -> None:
    paths = [tmp_path / name / "cells.parquet" for name in ("one", "two")]
    for path in paths:
        write_table(path, drawn_two[0].cells, CELLS)
    cell = drawn_two[0].cells["cell_id"].iloc[0]
    with pytest.raises(InputError, match=f"cell {cell} is in one and in two"):
        read_recordings(paths, CELLS)
