"""Real tuners behind the interface, on the invented layer."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from scripts.audit.bench import Bench, NotKnown, Problem, Routing
from scripts.audit.finding import Subject, Verdict, answered
from scripts.audit.probes import ORDER, PROBES
from scripts.audit.tuner import Profile
from scripts.audit.tuners.by_file import ByFile
from scripts.audit.tuners.committed import Committed
from scripts.audit.tuners.graphx import TRIALS, Graphx
from scripts.audit.tuners.published import Published
from scripts.audit.tuners.steadied import Steadied, by_expected
from scripts.lib.shape import BATCH_LADDER
from scripts.transfer.strategy import FixedOrder
from tests.audit.invented import TOKENS, bench, layer

SILENT = {"round_sd": 0.0, "timing_sd": 0.0}


def problem(tokens: int) -> Problem:
    return Problem(layer().cell(tokens))


def test_published_is_argmin_of_one_timing_of_the_space() -> None:
    of = layer()
    tuner = Published(of, BATCH_LADDER, name="published")
    for row, tokens in enumerate(TOKENS):
        profile = tuner.profile(problem(tokens), bench(of, **SILENT))
        assert profile.us == pytest.approx(of.us[row])
        assert tuner.choose(problem(tokens)) == int(np.argmin(of.us[row]))
        assert tuner.run(problem(tokens)).key == profile.key
    assert len(tuner.cache()) == len(TOKENS)
    assert tuner.fresh().cache() == {}


@pytest.mark.parametrize(("tokens", "wanted"), [(1, 1), (3, 2), (12, 8), (40, 32), (9999, 4096)])
def test_the_nearest_batch_of_the_file_is_its_entry(tokens: int, wanted: int) -> None:
    tuner = Published(layer(), BATCH_LADDER)
    name, batch = tuner.key(problem(tokens))  # type: ignore[misc]
    assert (name, batch) == ("E=8,N=3584,device_name=NVIDIA_H200.json", wanted)
    assert tuner.timed_at(problem(tokens)).cell.tokens == wanted


def test_committed_looks_up_and_times_nothing() -> None:
    of = layer()
    configs = {1: of.tactics[4], 64: of.tactics[9]}
    tuner = Committed(of, tuple(configs), name="committed", configs=configs)
    assert tuner.profile(problem(16), bench(of)).places.size == 0
    assert tuner.run(problem(16)).place == 4
    assert tuner.run(problem(64)).key is None
    with pytest.raises(NotKnown, match="no file is committed"):
        Committed(of, BATCH_LADDER).profile(problem(16), bench(of))
    outside = replace(of.tactics[4], block_size_m=8)
    with pytest.raises(NotKnown, match="outside the space"):
        Committed(of, (1,), configs={1: outside}).profile(problem(1), bench(of))


def test_graphx_makes_its_first_trials_and_takes_the_fastest() -> None:
    of = layer()
    asked = count()

    def start(cell: object) -> FixedOrder:
        next(asked)
        return FixedOrder(of.tactics[20:40])

    tuner = Graphx(of, BATCH_LADDER, name="graphx", start=start)
    profile = tuner.profile(problem(64), bench(of, **SILENT))
    assert list(profile.places) == list(range(20, 20 + TRIALS))
    assert tuner.choose(problem(64)) == 20 + int(np.argmin(of.us[2, 20 : 20 + TRIALS]))
    assert next(asked) == 1
    with pytest.raises(NotKnown):
        tuner.profile(replace(problem(64), routing=Routing.ZIPF), bench(of))


def test_steadied_is_the_tuner_but_for_what_it_chooses() -> None:
    us = np.full((len(TOKENS), 48), 150.0)
    us[:, [11, 23, 42]] = 100.0
    of = layer(us)
    lucky = [Published(of, BATCH_LADDER) for _ in range(12)]
    steady = [Steadied(Published(of, BATCH_LADDER)) for _ in range(12)]
    for seed, tuner in enumerate([*lucky, *steady]):
        tuner.profile(problem(64), bench(of, seed))
    assert len({tuner.run(problem(64)).place for tuner in lucky}) > 1
    assert {tuner.run(problem(64)).place for tuner in steady} == {11}
    assert steady[0].key(problem(64)) == lucky[0].key(problem(64))


class Blind(Published):
    """Times one slow tactic only."""

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        key = self.key(problem)
        self.entries[key] = 40
        return Profile(key, self.timed_at(problem), np.array([40]), np.array([150.0]))


def test_what_is_expected_to_be_fastest_races_whether_it_was_timed_or_not() -> None:
    us = np.full((len(TOKENS), 48), 150.0)
    us[:, [11, 23]] = 100.0
    of = layer(us)
    expected = np.full(48, 5.0)
    expected[[23, 30]] = 1.0, 2.0
    for first, chosen in ((0, 40), (2, 23)):
        order = by_expected(lambda _: expected)
        tuner = Steadied(Blind(of, BATCH_LADDER), order, first=first)
        tuner.profile(problem(64), bench(of))
        assert tuner.choose(problem(64)) == chosen
        assert tuner.fresh().first == first


@pytest.mark.parametrize("probe", ORDER)
def test_probes_of_a_file_on_recorded_trials(probe: str) -> None:
    """What the record cannot tell is not applicable; what a file's rules say is found."""
    of = layer(seed=2)
    problems = [problem(tokens) for tokens in TOKENS]
    subject = Subject(Steadied(Published(of, BATCH_LADDER)), bench(of), problems, 16384)
    found = answered(PROBES[probe], subject)
    wanted = {
        "bucket_cap": Verdict.FOUND,
        "cache_key": Verdict.FOUND,
        **dict.fromkeys(("rounding", "coin_flips", "slower", "unequal", "uncovered"),
                        Verdict.NOT_FOUND),
    }  # fmt: skip
    assert found.verdict is wanted.get(probe, Verdict.NOT_APPLICABLE), found
    if probe == "cache_key":
        assert "hidden, top_k, routing hit" in found.evidence


def test_default_is_not_known_of_every_format() -> None:
    of = layer()
    other = replace(problem(64).cell, shape=replace(of.shape, scheme="int8_w8a16"))
    tuner: ByFile = Published(of, BATCH_LADDER)
    assert tuner.fallback(Problem(other)) is None
    assert tuner.run(Problem(other)).place is None
