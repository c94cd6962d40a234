"""The timing routine on clocks whose noise is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.outcome import Stop
from scripts.measure.protocol import Protocol
from scripts.measure.work.sampling import median_ends, relative_half_width, sample

PROTOCOL = Protocol()


class Clock:
    """Replays of a fixed latency with relative noise, counted."""

    def __init__(self, us: float, noise: float, first: float | None = None) -> None:
        self.random = np.random.default_rng(0)
        self.us, self.noise, self.first, self.calls = us, noise, first, 0

    def __call__(self, count: int) -> list[float]:
        self.calls += count
        if self.first is not None:
            value, self.first = self.first, None
            return [value] * count
        return list(self.us * (1 + self.noise * self.random.standard_normal(count)))


@pytest.mark.parametrize("n", [6, 7, 12, 30, 101])
def test_the_interval_covers_the_median_at_its_level(n):
    random = np.random.default_rng(n)
    samples = random.exponential(size=(4000, n))
    inside = [low <= np.log(2) <= high for low, high in map(median_ends, samples)]
    assert 0.94 <= np.mean(inside) <= 1.0


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=60))
def test_the_interval_holds_the_sample_median(us):
    low, high = median_ends(us)
    assert min(us) <= low <= np.median(us) * (1 + 1e-12)
    assert np.median(us) <= high * (1 + 1e-12)
    assert high <= max(us)


def test_a_quiet_clock_stops_at_the_first_look():
    sampled = sample(Clock(50.0, 0.001), PROTOCOL, None)
    assert (sampled.stopped_by, len(sampled.us)) == (Stop.PRECISION, PROTOCOL.batch)


def test_a_noisy_clock_stops_at_the_cap():
    sampled = sample(Clock(50.0, 0.2), PROTOCOL, None)
    assert (sampled.stopped_by, len(sampled.us)) == (Stop.CAP, PROTOCOL.cap)


@settings(max_examples=30)
@given(st.floats(0.0005, 0.05))
def test_precision_means_the_interval_is_narrow(noise):
    sampled = sample(Clock(50.0, noise), PROTOCOL, None)
    narrow = relative_half_width(sampled.us) <= PROTOCOL.precision
    assert (sampled.stopped_by is Stop.PRECISION) == narrow


def test_a_slow_config_is_cut_and_says_so():
    clock = Clock(50.0, 0.001)
    sampled = sample(clock, PROTOCOL, best_us=20.0)
    assert sampled.stopped_by is Stop.SLOW
    assert len(sampled.us) == PROTOCOL.slow_samples
    assert clock.calls == 1 + PROTOCOL.slow_samples


def test_one_slow_first_replay_does_not_cut_a_fast_config():
    sampled = sample(Clock(21.0, 0.001, first=400.0), PROTOCOL, best_us=20.0)
    assert sampled.stopped_by is Stop.PRECISION
    assert np.median(sampled.us) == pytest.approx(21.0, rel=0.01)


def test_in_a_race_a_config_is_cut_once_it_is_surely_slower():
    noisy = Clock(53.0, 0.02)
    sampled = sample(noisy, PROTOCOL, 50.0, racing=True)
    assert (sampled.stopped_by, len(sampled.us)) == (Stop.SLOW, PROTOCOL.batch)
    assert median_ends(sampled.us)[0] > 50.0
    assert sample(Clock(53.0, 0.02), PROTOCOL, 50.0).stopped_by is Stop.CAP


def test_in_a_race_what_may_still_win_is_measured_as_ever():
    for best_us in (None, 50.0, 60.0):
        racing = sample(Clock(50.0, 0.02), PROTOCOL, best_us, racing=True)
        assert racing == sample(Clock(50.0, 0.02), PROTOCOL, best_us)
