"""What a run chose in the end, read off a recording with known answers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.transfer.choices import choice, choices
from scripts.transfer.oracle import Trial
from scripts.transfer.recording import Recording
from scripts.transfer.strategy import FixedOrder, search
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, CONFIGS

CELL = CELLS_SMALL[2]  # its fastest configs have BLOCK_SIZE_M 64
ONE = recording(CELL)
SMALL_TILES = [config for config in CONFIGS if config.block_size_m == 16]
MEDIUM_TILES = [config for config in CONFIGS if config.block_size_m == 64]
COMMITTED = ONE.configs[7]
BEST = ONE.configs[int(np.argmin(ONE.latency_us))]


def chosen(configs: list[Config], one: Recording = ONE) -> dict[str, Any]:
    return choice(search(FixedOrder(configs), one, CELL, Budget(128)), one)


def test_a_run_that_finds_the_best() -> None:
    found = chosen([*SMALL_TILES, *MEDIUM_TILES])
    assert BEST.block_size_m == 64
    assert found["best_id"] == found["chosen_id"] == BEST.id
    assert (found["regret"], found["tied"]) == (1.0, True)
    assert found["trial_best_tile"] == found["trial_tile_64"] == len(SMALL_TILES) + 1
    assert found["trials"] == len(CONFIGS)


def test_a_run_that_never_tries_the_tile() -> None:
    found = chosen(SMALL_TILES)
    assert found["trial_best_tile"] is found["trial_tile_64"] is None
    assert found["regret"] > 1.0
    assert not found["tied"]


def test_the_committed_config_with_the_intervals_of_both() -> None:
    found = chosen([BEST])
    committed = ONE.latency_us[ONE.index[COMMITTED]]
    ratio = ONE.best_us / committed
    apart = ratio * np.hypot(0.5 / ONE.best_us, 0.5 / committed)
    assert found["ratio"] == pytest.approx(ratio)
    assert found["high"] - found["low"] == pytest.approx(2 * apart)
    same = chosen([COMMITTED])
    assert (same["ratio"], same["low"], same["high"]) == (1.0, 1.0, 1.0)


def test_nothing_correct_and_nothing_committed() -> None:
    failed = recording(CELL, failed=[SMALL_TILES[0]])
    found = chosen([SMALL_TILES[0]], failed)
    assert (found["chosen_id"], found["regret"], found["tied"]) == (None, None, False)
    assert found["ratio"] is None
    assert chosen([BEST], replace(ONE, committed=None))["ratio"] is None


def test_the_digest_sees_every_latency_and_every_cost() -> None:
    assert recording(CELL).digest == ONE.digest
    slower = ONE.latency_us.copy()
    slower[3] *= 1.0001
    dearer = ONE.seconds.copy()
    dearer[3] += 0.01
    assert replace(ONE, latency_us=slower).digest != ONE.digest
    assert replace(ONE, seconds=dearer).digest != ONE.digest
    assert recording(CELL, failed=CONFIGS[:1]).digest != ONE.digest


BUDGETS = [0, 1, 2, 5, 16, 100]
trials = st.one_of(
    st.builds(Trial, st.just(Outcome.CORRECT), st.integers(1, 9).map(float), st.floats(0, 2)),
    st.builds(Trial, st.just(Outcome.TIMEOUT), st.none(), st.floats(0, 2), st.just("hung")),
)


def naive(steps: list[tuple[Config, Trial]], budget: int) -> dict[str, Any]:
    """What should stand after a budget: the first so many steps, and the best of those correct."""
    tried = steps[:budget]
    correct = [(t.latency_us, at, config) for at, (config, t) in enumerate(tried) if t.latency_us]
    return {
        "K": budget,
        "trials": len(tried),
        "gpu_seconds": pytest.approx(sum(t.gpu_seconds for _, t in tried), rel=1e-9),
        "choice": min(correct)[2].id if correct else None,
    }


@given(st.lists(trials, max_size=len(CONFIGS)))
def test_choices_after_each_budget_are_those_of_the_naive_reference(made: list[Trial]) -> None:
    steps = list(zip(CONFIGS, made, strict=False))
    assert list(choices(steps, BUDGETS)) == [naive(steps, budget) for budget in BUDGETS]
