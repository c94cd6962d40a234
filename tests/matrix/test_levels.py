"""Each level's judgement, by example and by property."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from scripts.matrix import verdicts
from scripts.matrix.cells import cells_of
from scripts.matrix.levels import (
    combinations,
    correctness,
    noise,
    path,
    performance,
    regression,
    stress,
)
from scripts.matrix.levels.level import Word
from scripts.matrix.reading import read_matrix
from scripts.matrix.switches import Numbers
from tests.matrix.conftest import SWITCHES, Ran

NUMBERS = Numbers()
TIMES = st.floats(1e-5, 1e-1)


def boot(tg: float, heavy: float = 5e9, pp: float = 0.01) -> dict[str, float]:
    return {"pp2048": pp, "tg128": tg, "peak_bytes": heavy}


# --- 1.5


def test_the_path_is_judged_by_kernels_calls_and_log() -> None:
    cell = next(one for one in cells_of(read_matrix(SWITCHES)) if one.id == "small/moe=marlin")
    seen = {"kernels": [{"name": "marlin"}, {"name": "FlashAttn"}], "calls": {"cudaGraphLaunch": 3}}
    log = ["Using 'MARLIN' Mxfp4 MoE backend"]
    assert path.judge(seen, cell, log).word is Word.PASSED
    for change, words in [
        ({"calls": {}}, "must see cudaGraphLaunch"),
        ({"kernels": [*seen["kernels"], {"name": "a_swiglu"}]}, "must not see a_swiglu"),
        ({"kernels": [], "calls": {}}, "the profile is empty"),
    ]:
        found = path.judge({**seen, **change}, cell, log)
        assert found.word is Word.FAILED and words in found.reason
    assert "the log lacks" in path.judge(seen, cell, ()).reason


# --- 2


@given(st.integers(0, 2**32 - 1))
def test_logits_survive_the_record_to_eight_bits(seed: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(3, 5)).astype(np.float32) * 30
    back = correctness.unpacked(correctness.packed(logits))
    assert np.allclose(back, logits, rtol=2**-8, atol=0)


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 3))
def test_logits_diff_is_one_less_twice_the_product_over_the_squares(seed: int, by: float) -> None:
    draw = np.random.default_rng(seed)
    x, noise = draw.normal(size=(2, 40)), draw.normal(size=(2, 40))
    y = x + by * noise
    cx, cy = x - x.mean(1)[:, None], y - y.mean(1)[:, None]
    wanted = 1 - 2 * (cx * cy).sum() / ((cx**2).sum() + (cy**2).sum())
    assert correctness.logits_diff(x, y) == pytest.approx(wanted, abs=1e-12)
    assert correctness.logits_diff(x, x + 7) == pytest.approx(0, abs=1e-12)


def outputs(tokens: list[int], gaps: float = 1.0) -> dict[str, Any]:
    likely = [{str(one): 0.0, "90": -gaps} for one in tokens]
    logits = correctness.packed(np.random.default_rng(1).normal(size=(1, 64)))
    return {"finite": True, "same_again": True, "logits": logits, "tokens": [tokens],
            "logprobs": [likely]}  # fmt: skip


def test_a_token_may_differ_where_it_was_near() -> None:
    base = outputs([1, 2, 3], gaps=0.05)
    assert correctness.judge(outputs([1, 90, 5]), NUMBERS, base, None).word is Word.PASSED
    far = correctness.judge(outputs([1, 90, 5]), NUMBERS, outputs([1, 2, 3], gaps=0.5), None)
    assert far.word is Word.FAILED and far.figures["parting_nats"] == pytest.approx(0.5)
    unknown = correctness.judge(outputs([1, 77, 5]), NUMBERS, base, None)
    assert unknown.word is Word.FAILED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"finite": False}, "not finite"),
        ({"same_again": False}, "other tokens"),
        ({"logits": correctness.packed(np.random.default_rng(2).normal(size=(1, 64)))},
         "logits_diff to the baseline"),
        ({"logits": correctness.packed(np.full((1, 64), np.nan))}, "logits_diff to the baseline"),
    ],
)  # fmt: skip
def test_wrong_outputs_fail(change: dict[str, Any], words: str) -> None:
    found = correctness.judge({**outputs([1]), **change}, NUMBERS, outputs([1]), None)
    assert found.word is Word.FAILED and words in found.reason


def test_what_is_to_change_the_outputs_has_to() -> None:
    same = correctness.judge(outputs([1]), NUMBERS, outputs([1]), None, own_outputs=True)
    assert same.word is Word.FAILED
    other = {**outputs([9]), "logits": correctness.packed(np.ones((1, 64)) * np.arange(64))}
    found = correctness.judge(other, NUMBERS, outputs([1]), None, own_outputs=True)
    assert found.word is Word.PASSED and found.figures["baseline"] > 0.01


# --- 3


def test_answers_that_are_not_whole_fail_under_stress() -> None:
    whole = {"sequence": {"asked": 100, "whole": 100}, "concurrent": {"asked": 9, "whole": 9},
             "context": {"asked": 1, "whole": 1}}  # fmt: skip
    assert stress.judge(whole, NUMBERS).word is Word.PASSED
    lost = {**whole, "context": {"asked": 1, "whole": 0}}
    assert stress.judge(lost, NUMBERS).reason == "answers are not whole: context"
    few = {**whole, "sequence": {"asked": 40, "whole": 40}}
    assert "fewer were asked" in stress.judge(few, NUMBERS).reason


# --- 4


def test_the_fields_are_those_of_a_plain_computation(ran: Ran) -> None:
    seen = ran.record.seen("small/baseline", "performance")
    assert seen is not None
    served, found = seen["served"], performance.bench(seen)
    assert found["output_throughput"] == pytest.approx(served["output"] / served["duration_s"])
    for name in ("ttft", "tpot", "e2el"):
        ordered = sorted(served[name])
        assert found[f"mean_{name}_ms"] == pytest.approx(1e3 * sum(ordered) / len(ordered))
        assert found[f"p99_{name}_ms"] <= 1e3 * ordered[-1] + 1e-9
        assert found[f"median_{name}_ms"] == found[f"p50_{name}_ms"]
    found = performance.metrics(seen)
    for name, rounds in (("tg16", seen["tg"]["16"]), ("pp64", seen["pp"])):
        low, middle, _ = sorted(rounds)
        assert found[name] == pytest.approx((low + middle) / 2)  # of three rounds


# --- 5


def plain_noise(times: list[float]) -> float:
    """How far a new boot may be, by numpy and scipy's own t."""
    logs, count = np.log(times), len(times)
    return float(t.ppf(0.995, count - 1) * np.std(logs, ddof=1) * np.sqrt(1 + 1 / count))


@given(st.lists(TIMES, min_size=2, max_size=6))
def test_the_floor_is_a_prediction_interval_of_a_new_boot(times: list[float]) -> None:
    found = noise.noise_of([boot(one) for one in times])["tg128"]
    assert found.floor == pytest.approx(plain_noise(times), rel=1e-9, abs=1e-12)
    assert found.mean == pytest.approx(float(np.exp(np.mean(np.log(times)))))


@given(st.lists(st.lists(TIMES, min_size=1, max_size=4), min_size=1, max_size=3))
def test_other_models_lend_their_spread(groups: list[list[float]]) -> None:
    logs = [np.log(group) for group in groups]
    freedom = sum(len(group) - 1 for group in logs)
    first, *rest = ([boot(one) for one in group] for group in groups)
    found = noise.noise_of(first, rest)["tg128"]
    if not freedom:
        assert math.isinf(found.floor)
        return
    squares = sum(((group - group.mean()) ** 2).sum() for group in logs)
    assert found.deviation == pytest.approx(np.sqrt(squares / freedom), rel=1e-9, abs=1e-12)
    assert (found.freedom, found.boots) == (freedom, len(groups[0]))


def test_boots_alike_are_called_a_regression_as_rarely_as_the_level_says() -> None:
    draw, fired = np.random.default_rng(5), 0
    for _ in range(2000):
        logs = draw.normal(0, 0.2, 4)
        boots = [boot(math.exp(one)) for one in logs]
        fired += regression.judge(boots[0], boots[1:], NUMBERS).word is Word.FAILED
    assert fired / 2000 < 0.01  # one side of the level's two


@pytest.mark.parametrize(
    ("own", "word"),
    [
        (boot(1.04), Word.FAILED), (boot(1.02), Word.PASSED), (boot(0.5), Word.PASSED),
        (boot(1.0, 6.2e9), Word.FAILED), (boot(1.0, 5.9e9), Word.PASSED),
    ],
)  # fmt: skip
def test_four_per_cent_and_a_gigabyte_fire_and_less_does_not(own: Any, word: Word) -> None:
    boots = [boot(1.0), boot(1.001), boot(0.999)]
    assert regression.judge(own, boots, NUMBERS).word is word


def test_without_a_second_boot_there_is_no_floor() -> None:
    assert regression.judge(boot(9), [boot(1)], NUMBERS).word is Word.NOT_MEASURED
    assert regression.judge(boot(9), [], NUMBERS).word is Word.NOT_MEASURED


# --- 6


@given(TIMES, st.floats(0.3, 3), st.floats(0.3, 3), st.floats(0.5, 2))
def test_interference_is_what_is_beyond_the_product(
    base: float, first: float, second: float, beyond: float
) -> None:
    both, one, two = (
        boot(seconds, pp=seconds)
        for seconds in (base * first * second * beyond, base * first, base * second)
    )
    assert combinations.interference(
        both["tg128"], base, one["tg128"], two["tg128"]
    ) == pytest.approx(beyond)
    found = combinations.judge(both, one, two, [boot(base, pp=base)] * 2, NUMBERS)
    clear = abs(abs(math.log(beyond)) - math.log1p(0.03)) > 1e-9
    assert not clear or (found.word is Word.FAILED) == (abs(math.log(beyond)) > math.log1p(0.03))


def test_interference_within_the_noise_of_four_boots_is_none() -> None:
    boots = [boot(1.0), boot(1.1), boot(0.9)]
    found = noise.noise_of(boots)["tg128"]
    wide = found.floor * math.sqrt((3 + 1 / 3) / (1 + 1 / 3))
    assert found.floor_of_pairs == pytest.approx(wide)
    one = boot(1.0)
    within = combinations.judge(boot(math.exp(0.9 * wide)), one, one, boots, NUMBERS)
    beyond = combinations.judge(boot(math.exp(1.2 * wide)), one, one, boots, NUMBERS)
    assert (within.word, beyond.word) == (Word.PASSED, Word.FAILED)


def test_a_pair_whose_half_has_no_numbers_is_not_judged() -> None:
    found = combinations.judge(boot(1), None, boot(1), [boot(1), boot(1)], NUMBERS)
    assert found.word is Word.NOT_MEASURED


def test_models_on_several_gpus_lend_and_borrow_only_among_each_other(ran: Ran) -> None:
    """A host's noise is lent among models that wait alike, the GPU's to all on as many GPUs."""
    base = ran.judged["small/baseline"]

    def named(model: str, gpus: int, waits: bool) -> verdicts.Judged:
        cell = replace(base.cell, id=f"{model}/baseline", model=model,
                       engine={"arguments": {"tensor_parallel_size": gpus}})  # fmt: skip
        return replace(base, cell=cell, waits=waits)

    found = {one.cell.id: one for one in (
        named("host", 1, True), named("host-too", 1, True), named("gpu", 1, False),
        named("pair", 2, False), named("pair-too", 2, False),
    )}  # fmt: skip
    lent = verdicts.others("host", found)
    every, gpus = set(base.metrics), {name for name in base.metrics if name.endswith("_gpu")}
    assert [set(boots[0]) for boots in lent] == [every, gpus]
    assert [set(boots[0]) for boots in verdicts.others("pair", found)] == [every]
