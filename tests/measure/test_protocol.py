"""The protocol's numbers: draws and weight sets that go together, and the hash of all."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from scripts.measure.protocol import Protocol, draws_of, weight_sets_of


def test_neighbouring_draws_never_share_a_weight_set():
    for tokens in (1, 16, 24, 128, 256, 4096):
        draws, sets = draws_of(tokens), weight_sets_of(draws_of(tokens))
        order = [draw % sets for draw in range(draws)] * 2
        assert all(a != b for a, b in itertools.pairwise(order))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Protocol)])
def test_the_hash_follows_every_number(name):
    more = {name: getattr(Protocol(), name) + 1}
    assert Protocol().hash == Protocol().hash != dataclasses.replace(Protocol(), **more).hash
