"""Tunings spread over processes, chosen and counted again by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.audit.live.answers import Answer
from scripts.audit.live.pooled import pool, pooled
from scripts.audit.race import MARGIN
from tests.audit.live.invented import DEVICE, FAST, LAYER, SLOW, WIDE


def process(number: int, logs: dict[str, float]) -> Answer:
    us = [[name, float(50 * np.exp(log))] for name, log in logs.items()]
    body = {"tuners": {}, "pairs": [], "stands": {"rounds": 24, "us": us}}
    return Answer(DEVICE, LAYER, f"flips-{number}", "EP8/M64", "cell", None, body)


def test_the_first_in_order_within_the_margin_of_the_mean_is_taken() -> None:
    """In one process the first is outside, in the other far inside; in the mean it is inside."""
    one, other = {SLOW: 1.03, FAST: 1.0}, {SLOW: 0.985, FAST: 1.0}
    us = [{name: float(np.exp(log)) for name, log in logs.items()} for logs in (one, other)]
    assert pool(us[:1], 0.0).choice == FAST
    assert pool(us[1:], 0.0).choice == SLOW
    both = pool(us, 0.0)
    assert both.choice == SLOW  # 0.75% behind
    assert both.rivals == (SLOW,)
    assert pool(us, 0.01).rivals == (SLOW, FAST)


def test_what_a_process_did_not_time_is_far() -> None:
    us = [{SLOW: 1.0, FAST: 1.001}, {FAST: 1.0, WIDE: 1.0}]
    assert pool(us, 0.0).choice == FAST


def test_tunings_share_no_process_and_name_what_they_may_choose() -> None:
    rng = np.random.default_rng(2)
    answers = [
        process(number, {SLOW: MARGIN + rng.normal(0, 0.01), FAST: 0.0, WIDE: 0.2})
        for number in range(12)
    ]
    rows = {row["processes"]: row for row in pooled(answers, {8: {64: 0.01}})}
    assert {spread: row["restarts"] for spread, row in rows.items()} == {1: 12, 2: 6, 4: 3}
    for spread, row in rows.items():
        logs = np.array(
            [np.log([us for _, us in one.answer["stands"]["us"]]) for one in answers if one.answer]
        )
        means = logs.reshape(row["restarts"], spread, 3).mean(axis=1)
        first = means[:, 0] - means[:, 1] <= MARGIN
        assert row["same"] == pytest.approx(max(first.mean(), 1 - first.mean()), abs=0.26)
        assert row["same"] <= row["named"] <= 1
        assert row["named"] == 1.0
        assert row["regret"] >= 1
    assert rows[1]["choices"] == 2


def test_without_rounds_of_the_near_tactics_there_is_nothing_to_pool() -> None:
    body = {"tuners": {}, "pairs": []}
    assert not list(pooled([Answer(DEVICE, LAYER, "grid-1", "EP1/M1", "cell", None, body)], {}))
