"""What taught, computed once more by plain numpy from one small pair of tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.search import SEARCH_CHOICES, SEARCHES
from scripts.lib.schemas.sim import SIM_CELLS
from scripts.lib.schemas.teaching import TEACHING
from scripts.lib.tables import read_table, write_table
from scripts.statistics.teaching import (
    CHOOSING,
    NO_SOURCE,
    ONE_SOURCE,
    PREDICTOR,
    SEARCHED,
    main,
)
from tests.statistics.planted_states import replayed
from tests.statistics.test_searches import H100, LARGE, MI300X, OTHER, SMALL, run

CELLS = (SMALL, LARGE, OTHER)
ALONE = "NVIDIA_H200/E64-N1024-K2048-top8-bf16/M8"  # no source has its layer
# By cell: regret from each source, and without one; trials to within 2%, None: never.
ONE = {SMALL: (1.0, 1.1), LARGE: (1.05, 1.2), OTHER: (1.01, 1.01)}
NONE = {SMALL: 1.3, LARGE: 1.1, OTHER: 1.01, ALONE: 1.5}
TRIALS = {SMALL: (1, 3), LARGE: (7, None), OTHER: (2, 2)}
# By cell: the choice from each source over the committed config, the half-width of each interval;
# None: the committed config was not timed.
OVER = {SMALL: (0.95, 0.985), LARGE: (1.03, 1.0), OTHER: None}
OVER_NONE = {SMALL: 0.95, LARGE: 1.03, OTHER: None, ALONE: 1.005}
HALF, MARGIN = 0.01, 0.01
ENDS = ("low", "value", "high")
PREDICTED = {SMALL: 1.0, LARGE: 1.03, OTHER: 1.02}


def searches() -> pd.DataFrame:
    rows = []
    for name in SEARCHED:
        if name == "S6" or name.startswith(NO_SOURCE):
            rows += [run(cell, regret, 5) | {"strategy": name} for cell, regret in NONE.items()]
            continue
        for cell in CELLS:
            for source, regret, trials in zip((H100, MI300X), ONE[cell], TRIALS[cell], strict=True):
                rows.append(run(cell, regret, trials, source) | {"strategy": name})
    return pd.DataFrame(rows, columns=SEARCHES.names)


def choices() -> pd.DataFrame:
    rows = []
    for name in CHOOSING:
        none = name.startswith(NO_SOURCE)
        for cell, over in (OVER_NONE if none else OVER).items():
            ratios = [over] if none else over or (None, None)
            for source, ratio in zip([None] if none else [H100, MI300X], ratios, strict=True):
                rows.append(_choice(cell, name, source, ratio))
    return pd.DataFrame(rows, columns=SEARCH_CHOICES.names)


def _choice(cell: str, name: str, source: str | None, ratio: float | None) -> dict[str, object]:
    ends = {"low": ratio and ratio - HALF, "high": ratio and ratio + HALF}
    row = {"cell_id": cell, "strategy": name, "source": source, "ratio": ratio, **ends}
    return row | {"trials": 9, "best_id": "M16-N64-K64-G1-W4-S2", "regret": 1.0, "tied": True}


def predicted(held_out: str) -> pd.DataFrame:
    rows = [
        {"dataset": "learned_from", "held_out": held_out, "model": "corrected", "cell_id": cell}
        | {"device": "NVIDIA_H200", "scheme": "bf16", "tokens": 1, "configs": 99, "spearman": 0.9}
        | {f"regret_{k}": PREDICTED[cell] for k in (1, 4, 8, 16)}
        | {"error": 0.1}
        for cell in CELLS
    ]
    chance = [row | {"model": "chance", "regret_8": 1.0} for row in rows]
    return pd.DataFrame(rows + chance, columns=SIM_CELLS.names)


def command(folder: Path, teaching: str, held_out: str) -> list[str]:
    write_table(folder / "searches.parquet", searches(), SEARCHES)
    write_table(folder / "choices.parquet", choices(), SEARCH_CHOICES)
    write_table(folder / "sim_cells.parquet", predicted(held_out), SIM_CELLS)
    files = [str(folder / f"{name}.parquet") for name in ("searches", "choices", "sim_cells")]
    words = ["--taught", teaching, *files, "--margin", str(MARGIN), "--resamples", "200"]
    words += replayed(folder, CELLS)
    return [*words, "--out", str(folder / "teaching.parquet")]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("teaching")
    assert main(command(folder, "family_out", "family")) == 0
    return read_table(folder / "teaching.parquet", TEACHING).set_index(["search", "metric"])


def value(found: pd.DataFrame, search: str, metric: str, column: str = "value") -> float:
    """A number of the table; NaN where it is empty."""
    return float(found[column].to_dict()[search, metric])


def test_regret_is_the_geometric_mean_over_cells_of_that_over_sources(found: pd.DataFrame) -> None:
    by_cell = [np.mean(np.log(ONE[cell])) for cell in CELLS]
    assert value(found, ONE_SOURCE, "regret_1") == pytest.approx(np.exp(np.mean(by_cell)))
    none = np.exp(np.mean(np.log(list(NONE.values()))))
    assert value(found, NO_SOURCE, "regret_128") == pytest.approx(none)


def test_what_sources_add_is_paired_on_the_same_cells(found: pd.DataFrame) -> None:
    apart = [np.log(NONE[cell]) - np.mean(np.log(ONE[cell])) for cell in CELLS]
    low, mean, high = (value(found, NO_SOURCE, "over_source_8", end) for end in ENDS)
    assert mean == pytest.approx(np.exp(np.mean(apart)))
    assert np.exp(min(apart)) - 1e-9 <= low <= mean <= high <= np.exp(max(apart)) + 1e-9


def test_shares_within_two_per_cent_count_each_cell_once(found: pd.DataFrame) -> None:
    near = [np.mean([regret <= 1.02 for regret in ONE[cell]]) for cell in CELLS]
    assert value(found, ONE_SOURCE, "within_2_8") == pytest.approx(np.mean(near))
    hit = [PREDICTED[cell] <= 1.02 for cell in CELLS]  # not those of chance
    assert value(found, PREDICTOR, "within_2_8") == pytest.approx(np.mean(hit))


def test_choices_are_held_against_the_committed_config_each_cell_once(
    found: pd.DataFrame,
) -> None:
    timed = [np.array(over) for over in OVER.values() if over]
    alone = [np.array([over]) for over in OVER_NONE.values() if over]
    for search, cells in ((ONE_SOURCE, timed), (f"{NO_SOURCE}, stops", alone)):
        for metric, inside in (
            ("win", [over + HALF < 1 - MARGIN for over in cells]),
            ("loss", [over - HALF > 1 + MARGIN for over in cells]),
            ("non_inferior", [over + HALF <= 1 + MARGIN for over in cells]),
            ("within_2", [over <= 1.02 for over in cells]),
        ):
            share = np.mean([np.mean(one) for one in inside])
            assert value(found, search, f"committed_{metric}") == pytest.approx(share)
            assert value(found, search, f"committed_{metric}", "n") == len(cells)
    assert 0 < value(found, ONE_SOURCE, "committed_win") < 1


def test_trials_are_the_upper_order_statistic_and_infinite_ones_are_empty(
    found: pd.DataFrame,
) -> None:
    medians = sorted(max(np.inf if n is None else n for n in TRIALS[cell]) for cell in CELLS)
    assert value(found, ONE_SOURCE, "trials_median") == medians[1]
    assert np.isinf(medians[2])
    assert np.isnan(value(found, ONE_SOURCE, "trials_p95"))
    assert value(found, "S6", "trials_p95") == 5


def test_a_row_counts_its_own_cells_and_files(found: pd.DataFrame) -> None:
    for search, metric, n, files in (
        (ONE_SOURCE, "regret_1", 3, 2), (NO_SOURCE, "regret_1", 4, 3),
        (NO_SOURCE, "over_source_1", 3, 2), (PREDICTOR, "within_2_8", 3, 2),
    ):  # fmt: skip
        assert value(found, search, metric, "n") == n
        assert value(found, search, metric, "files") == files
    assert set(found["taught"]) == {"family_out"}


@pytest.mark.parametrize(
    ("teaching", "held_out", "said"),
    [("family_out", "layer", "no row of held_out family"), ("by_chance", "layer", "layer_out")],
)
def test_predictions_taught_otherwise_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], teaching: str, held_out: str, said: str
) -> None:
    assert main(command(tmp_path, teaching, held_out)) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "teaching.parquet").exists()
