"""Replays against a naive reference, their invariants, and the command."""

from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.transfer import PROPOSALS, REPLAY
from scripts.lib.shape import Cell
from scripts.lib.tables import read_table, write_table
from scripts.transfer.legal import AXES
from scripts.transfer.oracle import ReplayOracle, Trial
from scripts.transfer.replay import main, read_cells, replay
from scripts.transfer.runs import Proposal
from scripts.transfer.strategies.random_search import RandomSearch
from scripts.transfer.strategies.s2_nearest import WEIGHTS
from tests.transfer.study import (
    CELLS_SMALL,
    CONFIGS,
    LEGAL,
    SHAPE,
    filled,
    latency,
    proposal_rows,
    with_none,
    write_study,
)

CELL = CELLS_SMALL[0]
BUDGETS = [0, 1, 2, 5, 16, 100]
SOURCE = Config(32, 16, 256, 4, 2, 2)
PROPOSED = [
    Proposal("S1", "AMD_Instinct_MI300X", SOURCE),
    Proposal("S2", "AMD_Instinct_MI300X", CONFIGS[0]),
    Proposal("committed", None, CONFIGS[7]),
    Proposal("default", None, CONFIGS[11]),
]

trials = st.one_of(
    st.builds(Trial, st.just(Outcome.CORRECT), st.integers(1, 9).map(float), st.floats(0, 2)),
    st.builds(Trial, st.just(Outcome.TIMEOUT), st.none(), st.floats(0, 2), st.just("hung")),
)
recorded = st.dictionaries(st.sampled_from([*CONFIGS, SOURCE]), trials, min_size=1)


def distance(config: Config) -> float:
    return round(
        sum(
            WEIGHTS[axis] * abs(log2(getattr(config, axis)) - log2(getattr(SOURCE, axis)))
            for axis in AXES
        ),
        9,
    )


def order_of(strategy: str, seed: int) -> Sequence[Config]:
    """The order a strategy asks in, told again in the plainest way."""
    if strategy == "random":
        return list(iter(RandomSearch(LEGAL, CELL, seed).ask, None))
    return {
        "S1": [SOURCE],
        "S2": sorted(CONFIGS, key=lambda config: (distance(config), config)),
        "committed": [CONFIGS[7]],
        "default": [CONFIGS[11]],
        "exhaustive": CONFIGS,
    }[strategy]


def naive(row: Any, record: dict[Config, Trial]) -> dict[str, Any]:
    """What the row should hold: the first K of the order, and the best of those correct."""
    tried = order_of(row.strategy, row.seed)[: row.K]
    costs = [record[config].gpu_seconds for config in tried if config in record]
    correct = [
        (record[config].latency_us, place, config)
        for place, config in enumerate(tried)
        if config in record and record[config].outcome is Outcome.CORRECT
    ]
    return {
        "trials": len(tried),
        "gpu_seconds": pytest.approx(sum(costs), rel=1e-9),
        "choice": min(correct)[2].id if correct else None,
    }


@settings(max_examples=40)
@given(recorded)
def test_replay_equals_the_naive_reference(record: dict[Config, Trial]) -> None:
    oracle = ReplayOracle({(CELL, config): trial for config, trial in record.items()})
    frame = replay([CELL], {CELL: PROPOSED}, LEGAL, oracle, seeds=2, budgets=BUDGETS)
    assert len(frame) == (len(PROPOSED) + 2) * len(BUDGETS) + 1
    for row in with_none(frame).itertuples(index=False):
        expected = naive(row, record)
        assert {name: getattr(row, name) for name in expected} == expected, row


@settings(max_examples=20)
@given(recorded)
def test_no_budget_is_exceeded_and_more_never_hurts(record: dict[Config, Trial]) -> None:
    oracle = ReplayOracle({(CELL, config): trial for config, trial in record.items()})
    frame = replay([CELL], {CELL: PROPOSED}, LEGAL, oracle, seeds=2, budgets=BUDGETS)
    assert (frame["trials"] <= frame["K"]).all()
    by_id = {config.id: trial.latency_us for config, trial in record.items()}
    for _, run in frame.groupby(["strategy", "seed"]):
        best = [by_id[choice] for choice in run["choice"].dropna()]
        assert best == sorted(best, reverse=True)
        assert run["trials"].is_monotonic_increasing
        assert run["gpu_seconds"].is_monotonic_increasing


def test_a_cell_that_was_never_recorded_has_no_choice_and_costs_nothing() -> None:
    frame = replay([CELL], {CELL: PROPOSED}, LEGAL, ReplayOracle({}), seeds=1, budgets=[4])
    assert frame["choice"].isna().all()
    assert (frame["gpu_seconds"] == 0).all()
    assert frame.set_index("strategy")["trials"].to_dict() == {
        "S1": 1, "S2": 4, "committed": 1, "default": 1, "random": 4, "exhaustive": len(LEGAL),
    }  # fmt: skip


def test_a_cell_without_proposals_still_has_its_baselines() -> None:
    frame = replay([CELL], {}, LEGAL, ReplayOracle({}), seeds=1, budgets=[1])
    assert list(frame["strategy"]) == ["exhaustive", "random"]


def arguments(paths: dict[str, str], out: Path) -> list[str]:
    inputs = [word for name, path in paths.items() for word in (f"--{name}", path)]
    return [*inputs, "--seeds", "3", "--budgets", "8", "1", "2", "--out", str(out)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_study(tmp_path_factory.mktemp("study"))


def test_command_writes_the_same_bytes_twice(study: dict[str, str], tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main(arguments(study, tmp_path / name)) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_command_finds_the_known_answers(study: dict[str, str], tmp_path: Path) -> None:
    assert main(arguments(study, tmp_path / "replay")) == 0
    frame = read_table(tmp_path / "replay", REPLAY)
    assert frame["cell_id"].nunique() == len(CELLS_SMALL)
    for cell in CELLS_SMALL:
        best = min((c for c in CONFIGS if c.num_stages != 2), key=lambda c: latency(cell, c))
        rows = frame[frame["cell_id"] == cell.id]
        exhaustive = rows[rows["strategy"] == "exhaustive"].iloc[0]
        assert (exhaustive["choice"], exhaustive["K"]) == (best.id, 48)
        assert exhaustive["gpu_seconds"] == 48 * 0.25
        outside = rows[(rows["strategy"] == "S1") & (rows["source"] == "AMD_Instinct_MI300X")]
        assert outside["choice"].isna().all()
        assert list(outside["K"]) == [1, 2, 8]
        assert set(outside["trials"]) == {1}


@pytest.mark.parametrize("name", ["trials", "cells", "space", "proposals"])
def test_a_truncated_table_is_an_error_that_names_it(
    name: str, study: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(Path(study[name]).read_bytes()[:-20])
    assert main(arguments(study | {name: str(broken)}, tmp_path / "out")) == 2
    assert f"error: {broken}: not a readable Parquet file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_negative_budget_is_refused(study: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([*arguments(study, tmp_path / "out"), "--seeds", "-1"])


def test_an_unknown_strategy_in_the_table(
    study: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row | {"strategy": "s1"} for row in proposal_rows()]
    write_table(tmp_path / "p", filled(PROPOSALS, rows), PROPOSALS)
    paths = study | {"proposals": str(tmp_path / "p")}
    assert main(arguments(paths, tmp_path / "out")) == 2
    assert "unknown strategy 's1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([], "found none"),
        ([CELL.id, CELL.id], "a cell is recorded twice"),
        ([CELL.id, Cell("NVIDIA_B200", SHAPE, 1).id], "cells of one GPU and scheme are needed"),
        (["H200"], "is not a cell id"),
    ],
)
def test_cells_that_cannot_be_replayed(ids: list[str], message: str, tmp_path: Path) -> None:
    write_table(tmp_path / "cells", filled(CELLS, [{"cell_id": i} for i in ids]), CELLS)
    with pytest.raises(InputError, match=message):
        read_cells(tmp_path / "cells")
