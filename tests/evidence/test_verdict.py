"""A re-run gets the word that it deserves, and each figure behind it is recomputed here."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from scipy import stats

from scripts.evidence import planted, verdict
from scripts.evidence.answers import equivalent, mcnemar, visible
from scripts.evidence.changes import changes, moderated
from scripts.evidence.compare import told
from scripts.evidence.order import order
from scripts.evidence.verdict import compare
from tests.evidence.sets import made


def medians(legs, leg, phase, kernel):
    """Mean us of a call of each boot, by plain loops over the rows."""
    held = legs[leg]["kernels"]
    boots: dict[str, dict[int, float]] = {}
    for boot, repeat, where, name, calls, us, _ in held["rows"]:
        if where == phase and held["names"][name] == kernel:
            boots.setdefault(boot, {})[repeat] = us / calls
    return [float(np.median(list(found.values()))) for found in boots.values()]


def test_a_re_run_with_the_same_engine_stands(first, second):
    found = compare(first, second)
    assert found.verdict == verdict.STANDS, found.reasons
    assert not found.unequal and found.calls_equal and found.order_kept
    assert {one.word for one in found.accuracy} == {"same"}
    assert 0 < found.visible < 0.05
    assert found.kernels[0].leg == "default"


def test_a_set_compared_with_itself_stands(first):
    found = compare(first, first)
    assert found.verdict == verdict.STANDS
    assert all(one.ratio == 1.0 for one in found.kernels)


@pytest.mark.parametrize("name", list(planted.CHANGES))
def test_every_planted_change_gets_its_word(first, second, name):
    change, wanted = planted.CHANGES[name]
    a, b = copy.deepcopy(first), copy.deepcopy(second)
    change(a, b)
    found = compare(a, b)
    assert found.verdict == wanted, found.reasons
    assert found.reasons
    assert any(found.reasons[0] in line for line in told(found))


def test_planting_leaves_the_sets_as_they_were(first, second):
    before = copy.deepcopy((first["set"], first["legs"], second["set"], second["legs"]))
    tried = planted.planted(first, second)
    assert [one.change for one in tried] == list(planted.CHANGES)
    assert all(one.verdict == one.wanted for one in tried)
    assert before == (first["set"], first["legs"], second["set"], second["legs"])


def test_changes_are_planted_into_legs_that_are_whole(first, second):
    broken = copy.deepcopy(second)
    broken["legs"]["default"] |= {"outcome": "crash", "reason": "killed by SIGKILL"}
    tried = planted.planted(first, broken)
    assert len(tried) == len(planted.CHANGES)
    assert all(one.verdict == one.wanted for one in tried)
    assert not any("default" in one.reason for one in tried)


def test_an_option_off_outdates_only_what_was_reproduced():
    tried = planted.planted(made(1, boots=1), made(2, boots=1))
    words = {one.change: (one.wanted, one.verdict) for one in tried}
    assert words["an option off"] == ("undecided", "undecided")
    assert words["one call more"] == ("changed", "changed")


def test_what_is_under_test_may_differ(first, second):
    other = copy.deepcopy(second)
    planted.another_driver(first, other)
    assert compare(first, other).verdict == verdict.NOT_COMPARABLE
    assert compare(first, other, ["driver"]).verdict == verdict.STANDS


def test_a_premise_that_one_set_did_not_note_makes_them_not_comparable(first, second):
    other = copy.deepcopy(second)
    del other["set"]["premises"]["torch"]
    found = compare(first, other)
    assert found.verdict == verdict.NOT_COMPARABLE
    assert found.unequal == ["torch"]


def test_ratio_and_interval_are_those_of_the_boots(first, second):
    found = {(c.leg, c.phase, c.kernel): c for c in changes(first["legs"], second["legs"])}
    one = found["ours", "decode", "fused_moe_kernel"]
    ours, theirs = (medians(held["legs"], "ours", "decode", "fused_moe_kernel")
                    for held in (first, second))  # fmt: skip
    shift = np.mean(np.log(theirs)) - np.mean(np.log(ours))
    assert one.ratio == pytest.approx(math.exp(shift))
    assert one.low < one.ratio < one.high
    # The interval and the two one-sided tests are of one error.
    reach = math.log(one.high / one.ratio)
    assert math.log(one.ratio / one.low) == pytest.approx(reach)
    assert one.calls_first == one.calls_second == (64,)
    assert (one.word == "equal") == (one.p_equal < 0.05)
    whole = found["ours", "decode", "all kernels"]
    parts = [found["ours", "decode", f"all {kind}"] for kind in ("attention", "MoE", "rest")]
    assert sum(part.us_first for part in parts) == pytest.approx(whole.us_first, rel=1e-3)


def test_without_prior_spread_the_error_is_the_pooled_one():
    """Kernels that vary alike: the moderated variance is near the mean of all variances."""
    draw = np.random.default_rng(3)
    pairs = [(draw.normal(0, 0.01, 3), draw.normal(0, 0.01, 3)) for _ in range(200)]
    errors = np.array([error for error, _ in moderated(pairs)])
    assert np.median(errors) == pytest.approx(0.01 * math.sqrt(2 / 3), rel=0.1)
    raw = [math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2) for a, b in pairs]
    assert errors.std() < 0.2 * np.std(raw)


def test_intervals_cover_what_they_say():
    """Of kernels with unlike noise and no change, about one in twenty misses parity."""
    draw = np.random.default_rng(4)
    sizes = np.exp(draw.normal(np.log(0.004), 0.6, 2000))
    pairs = [(draw.normal(0, s, 2), draw.normal(0, s, 2)) for s in sizes]
    missed = [
        abs(b.mean() - a.mean()) > stats.t.ppf(0.975, free) * error
        for (a, b), (error, free) in zip(pairs, moderated(pairs), strict=True)
    ]
    assert 0.03 < np.mean(missed) < 0.07


def test_one_boot_each_decides_nothing():
    found = compare(made(1, boots=1), made(2, boots=1))
    assert found.verdict == verdict.UNDECIDED
    assert found.visible is None


def test_order_is_told_by_the_bootstrap_and_only_between_legs_of_one_model(first, second):
    legs = dict.fromkeys(first["legs"], "one model")
    pairs = order(first["legs"], second["legs"], legs)
    assert [(pair.faster, pair.slower) for pair in pairs] == [
        ("committed", "default"), ("ours", "default"), ("ours", "committed")
    ]  # fmt: skip
    assert all(pair.word == "kept" and pair.first > 0.95 for pair in pairs)
    assert not order(first["legs"], second["legs"], {leg: leg for leg in legs})
    same = copy.deepcopy(first["legs"])
    same["ours"]["kernels"] = same["committed"]["kernels"]
    assert order(same, second["legs"], legs)[2].word == "no order"


def test_mcnemar_is_the_exact_binomial_test():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(6, 0) == pytest.approx(2 * 0.5**6)
    assert mcnemar(3, 9) == pytest.approx(2 * stats.binom.cdf(3, 12, 0.5))


def test_equal_accuracy_must_be_shown():
    assert equivalent(0, 0, 50)
    assert not equivalent(2, 3, 50)
    assert equivalent(5, 5, 500)
    assert not equivalent(40, 20, 500)


def test_the_smallest_visible_difference_is_the_smallest():
    """Recomputed by drawing: with it the test finds four in five, with one question fewer not."""
    asked, differing = 500, 8
    extra = round(visible(asked, differing) * asked)
    draw = np.random.default_rng(5)

    def power(more: int) -> float:
        won = draw.binomial(differing + more, 0.5 + more / (2 * (differing + more)), 4000)
        return float(np.mean([mcnemar(differing + more - n, n) <= 0.05 for n in won]))

    assert power(extra) >= 0.78
    assert power(extra - 1) < 0.82


def test_a_leg_that_failed_leaves_the_verdict_open(first, second):
    other = copy.deepcopy(second)
    leg = other["legs"]["ours"]
    leg |= {"outcome": "crash", "reason": "killed by SIGKILL"}
    leg["kernels"]["rows"] = leg["kernels"]["rows"][:12]
    found = compare(first, other)
    assert found.verdict == verdict.UNDECIDED
    assert "crash" in found.reasons[0]
    assert {one.leg for one in found.kernels} == {"default", "committed"}
    assert [one.leg for one in found.accuracy] == ["default", "committed", "ours"]
