"""Prompts at random: within the vocabulary, and the same for whoever draws with the same seed."""

from __future__ import annotations

from itertools import chain

import pytest

from scripts.engine.prompts import VOCABULARY, draw_prompts


@pytest.mark.parametrize("vocabulary", [7, 200_000])
def test_tokens_are_of_the_model_and_of_the_first_that_are_drawn_from(vocabulary):
    drawn = draw_prompts((1, 3), vocabulary, 40, 200)
    assert [len(one) for one in drawn] == [200] * 40
    tokens = set(chain.from_iterable(drawn))
    most = min(vocabulary, VOCABULARY)
    assert 0 <= min(tokens) <= max(tokens) < most
    assert len(tokens) > most // 2


def test_both_parts_of_the_seed_count():
    first = draw_prompts((1, 3), 100, 2, 8)
    assert draw_prompts((1, 3), 100, 2, 8) == first
    assert all(draw_prompts(seed, 100, 2, 8) != first for seed in ((1, 4), (2, 3)))
