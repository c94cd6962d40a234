"""S4 and the cold baseline: legal, complete, repeatable, and in reach of every tile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.transfer.gain import log_expected_gain
from scripts.transfer.kernel import Covariance, Kernel
from scripts.transfer.oracle import Trial
from scripts.transfer.strategies.cold_bayesian import ColdBayesian
from scripts.transfer.strategies.s4_bayesian import LEAST, Bayesian
from scripts.transfer.strategy import search
from scripts.transfer.surrogate import Surrogate
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, LEGAL, h200_space

KERNEL = Kernel(0.2, (2.0, 3.0, 2.0, 13.0, 4.0, 4.0), 0.03, 0.01)
COVARIANCE = Covariance(KERNEL, LEGAL)
FLAT = np.zeros(len(LEGAL))
CELL = CELLS_SMALL[2]
FAILED = Trial(Outcome.TIMEOUT, None, 1.0)


def correct(us: float) -> Trial:
    return Trial(Outcome.CORRECT, us, 1.0)


@settings(max_examples=20)
@given(st.lists(st.one_of(st.none(), st.floats(1.0, 1e5)), min_size=48, max_size=48))
def test_whatever_it_is_told_it_asks_for_legal_configs_once(told: list[float | None]) -> None:
    strategy, asked = Bayesian(COVARIANCE, FLAT), []
    for us in told:
        config = strategy.ask()
        if config is None:
            break
        asked.append(config)
        strategy.tell(config, FAILED if us is None else correct(us))
    assert len(set(asked)) == len(asked)
    assert set(asked) <= set(LEGAL.configs)
    if None not in told:
        assert set(asked) == set(LEGAL.configs)
        assert strategy.ask() is None


def test_the_first_ones_come_first_and_illegal_ones_are_passed_over() -> None:
    first = [LEGAL.configs[30], Config(32, 16, 256, 4, 2, 2), LEGAL.configs[2]]
    strategy = Bayesian(COVARIANCE, FLAT, first=first)
    assert [strategy.ask(), strategy.ask()] == [first[0], first[2]]


def test_the_least_expected_is_tried_first() -> None:
    expected = np.abs(np.arange(len(LEGAL)) - 29.0)
    assert Bayesian(COVARIANCE, expected).ask() == LEGAL.configs[29]


def test_a_failed_config_takes_those_of_its_binary_along() -> None:
    strategy = Bayesian(COVARIANCE, FLAT, first=[LEGAL.configs[0]])
    first = strategy.ask()
    assert first is not None
    strategy.tell(first, FAILED)
    asked = [config for _ in LEGAL.configs if (config := strategy.ask()) is not None]
    kinds = LEGAL.kinds
    assert len(asked) == int((kinds != kinds[0]).sum())
    assert all(kinds[LEGAL.index[config]] != kinds[0] for config in asked)


def test_configs_asked_in_a_batch_differ_and_may_be_told_in_any_order() -> None:
    strategy = Bayesian(COVARIANCE, FLAT)
    asked = [strategy.ask() for _ in range(8)]
    assert len(set(asked)) == 8
    for config in reversed(asked):
        assert config is not None
        strategy.tell(config, correct(100.0))
    assert strategy.ask() not in asked


def test_it_ends_when_little_is_to_be_gained() -> None:
    one = recording(CELL)
    expected = np.log(one.latency_us)
    stopped = search(Bayesian(COVARIANCE, expected, margin=0.5), one, CELL, Budget(48))
    on = search(Bayesian(COVARIANCE, expected), one, CELL, Budget(48))
    assert len(stopped) == LEAST < len(on) == 48
    assert min(trial.latency_us or np.inf for _, trial in stopped) == one.best_us


def _trials(own: float, spread: float, seed: int) -> int:
    """Of a search that is told to expect ``own`` where configs differ by ``spread``, log units."""
    covariance = Covariance(Kernel(0.005, KERNEL.lengths, 0.002, own), LEGAL)
    drawn = np.random.default_rng(seed).normal(0.0, spread, len(LEGAL))

    def us(cell: Cell, config: Config) -> float:
        return 100.0 * float(np.exp(drawn[LEGAL.index[config]]))

    misled = Bayesian(covariance, -0.1 * drawn, margin=0.01)  # the slowest come first
    return len(search(misled, recording(CELL, us), CELL, Budget(48)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_its_own_trials_say_how_much_is_left_to_be_found(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    surprised, calm = _trials(0.02, 0.2, seed), _trials(0.05, 0.02, seed)
    monkeypatch.setattr(Surrogate, "surprise", lambda self, advice, slower: 1.0)
    assert surprised > _trials(0.02, 0.2, seed) and calm < _trials(0.05, 0.02, seed)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_doubted_ends_later_the_more_slow_trials_surprise(seed: int) -> None:
    """All are expected to be alike; few are slower, and those by more than is believed."""
    covariance = Covariance(Kernel(0.005, KERNEL.lengths, 0.002, 0.02), LEGAL)
    drawn = np.random.default_rng(seed).exponential(0.03, len(LEGAL))

    def us(cell: Cell, config: Config) -> float:
        return 100.0 * float(np.exp(drawn[LEGAL.index[config]]))

    def trials(*, doubtful: bool) -> int:
        found = Bayesian(covariance, FLAT, margin=0.005, doubtful=doubtful)
        return len(search(found, recording(CELL, us), CELL, Budget(48)))

    assert trials(doubtful=True) > trials(doubtful=False)


def test_it_reaches_a_tile_of_64_from_one_of_16_in_the_whole_space() -> None:
    """The earlier study never tried BLOCK_SIZE_M 64 at its large batches, where it was best."""
    legal = h200_space()
    wanted = Config(64, 128, 64, 16, 4, 4)

    def us(cell: Cell, config: Config) -> float:
        apart = legal.coordinates[legal.index[config]] - legal.coordinates[legal.index[wanted]]
        return 100.0 * float(np.exp(0.2 * np.abs(apart).sum()))

    one = recording(CELL, us, legal)
    covariance = Covariance(KERNEL, legal)
    start = Config(16, 32, 128, 1, 4, 3)
    strategy = Bayesian(covariance, np.zeros(len(legal)), first=[start])
    steps = search(strategy, one, CELL, Budget(64))
    assert steps[0][0] == start
    best = min(steps, key=lambda step: step[1].latency_us or np.inf)
    assert best[0].block_size_m == 64


def test_the_cold_one_depends_on_cell_and_seed_alone() -> None:
    def order(cell: Cell, seed: int) -> list[Config]:
        steps = search(ColdBayesian(COVARIANCE, cell, seed), recording(CELL), CELL, Budget(12))
        return [config for config, _ in steps]

    assert order(CELL, 3) == order(CELL, 3)
    firsts = {order(cell, seed)[0] for cell in CELLS_SMALL for seed in range(4)}
    assert len(firsts) > 4


def test_it_asks_the_first_expected_of_those_next_to_the_greatest_gain() -> None:
    one = recording(CELL)
    expected = np.random.default_rng(3).normal(0.0, 0.02, len(LEGAL))
    strategy, beside = Bayesian(COVARIANCE, expected, steady=0.5), Surrogate(COVARIANCE, expected)
    other = 0
    for count in range(20):
        config = strategy.ask()
        assert config is not None
        place = LEGAL.index[config]
        if count:
            gain = log_expected_gain(beside.best, beside.mean(), beside.deviation())
            gain[beside.places] = -np.inf
            near = np.flatnonzero(gain >= gain.max() - 0.5)
            assert place == near[np.argmin(expected[near])]
            other += place != int(np.argmax(gain))
        strategy.tell(config, correct(us := float(one.latency_us[place])))
        beside.tell(place, float(np.log(us)))
    assert other


def test_what_it_has_not_asked_and_expects_near_the_best_is_told() -> None:
    one = recording(CELL)
    strategy = Bayesian(COVARIANCE, np.log(one.latency_us))
    assert strategy.expected_within(0.01) == []  # nothing is known yet
    best = one.configs[int(np.argmin(one.latency_us))]
    asked = strategy.ask()
    assert asked == best
    strategy.tell(best, correct(one.best_us))
    logs = np.log(one.latency_us / one.best_us)
    near = {config for config, log in zip(one.configs, logs, strict=True) if log <= 0.2} - {best}
    assert set(strategy.expected_within(0.2)) == near != set()
    assert len(strategy.expected_within(9.0)) == len(LEGAL) - 1
