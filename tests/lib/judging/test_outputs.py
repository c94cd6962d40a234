"""Outputs under two configs: equal, tied, other, not finite; each as it should be called."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.judging.outputs import LIMIT, compared, logits_diff

RNG = np.random.default_rng(5)
LOGITS = RNG.normal(size=(6, 400))
TOKENS = [[1, 2, 3]] * 6


def test_the_same_outputs_have_no_problem():
    found = compared(LOGITS, TOKENS, LOGITS, TOKENS)
    assert (found["logits_diff"], found["problem"]) == (0.0, None)
    assert (found["next_equal"], found["tied"], found["prompts"]) == (6, 0, 6)
    assert (found["tokens_equal"], found["tokens_compared"]) == (18, 18)


def test_rounding_is_no_problem():
    ours = LOGITS * (1 + 1e-4 * RNG.normal(size=LOGITS.shape))
    found = compared(LOGITS, TOKENS, ours, TOKENS)
    assert found["problem"] is None
    assert 0 < found["logits_diff"] < 1e-6


def test_a_wrong_layer_is_one():
    ours = LOGITS + 0.5 * RNG.normal(size=LOGITS.shape)
    found = compared(LOGITS, TOKENS, ours, TOKENS)
    a, b = LOGITS, ours
    by_hand = max(1 - 2 * (x @ y) / (x @ x + y @ y) for x, y in zip(a, b, strict=True))
    assert found["logits_diff"] == pytest.approx(by_hand, rel=1e-3)
    assert found["problem"].startswith("logits_diff 0.1")
    assert LIMIT == 0.01


def test_a_tied_token_may_differ_and_another_may_not():
    theirs = np.zeros((2, 50))
    theirs[:, 0], theirs[:, 1] = 4.0, 3.98
    ours = theirs.copy()
    ours[0, 1] = 4.01
    found = compared(theirs, [[0], [0]], ours, [[0], [0]])
    assert (found["next_equal"], found["tied"], found["problem"]) == (1, 1, None)
    # Every prompt's scale grows; a flip over a gap that no difference explains is another matter.
    theirs[0, 1], ours[0, :2] = 3.7, (3.8, 3.85)
    found = compared(theirs, [[0], [0]], ours, [[1], [0]])
    assert found["tied"] == 0
    assert found["problem"] == "1 next tokens differ that were not tied"


def test_what_is_not_finite_never_passes():
    ours = LOGITS.copy()
    ours[3, 7] = np.nan
    found = compared(LOGITS, TOKENS, ours, TOKENS)
    assert found["problem"] == "a logit is not finite"
    assert found["logits_diff"] is None


def test_shapes_must_agree():
    assert "shape" in compared(LOGITS, TOKENS, LOGITS[:, :9], TOKENS)["problem"]


def test_greedy_tokens_count_up_to_the_first_that_differs():
    found = compared(LOGITS[:2], [[1, 2, 3], [4, 5, 6]], LOGITS[:2], [[1, 9, 3], [4, 5, 6]])
    assert (found["tokens_equal"], found["tokens_compared"]) == (4, 5)
    assert found["problem"] == "1 prompts continue otherwise"


@given(st.floats(0.1, 10))
def test_scale_alone_is_seen(scale):
    wanted = 1 - 2 * scale / (1 + scale**2)
    assert logits_diff(LOGITS[0], LOGITS[0] * scale) == pytest.approx(wanted, abs=1e-9)
