"""What searches start from: learned in a child or here, it is the same; what fails is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.shape import parse_shape
from scripts.tune.foresight import Learning, advise, foresee
from scripts.tune.knowledge import read_corpus
from scripts.tune.layer import Wanted
from scripts.tune.space import open_space
from tests.tune.conftest import DEVICE, LAYER
from tests.tune.test_tuner import options

WANTED = Wanted(parse_shape(LAYER), DEVICE, batches=(1, 64))


def test_a_child_foresees_what_this_process_does(world, tmp_path):
    asked = options(world, tmp_path)
    learning, here = Learning(WANTED, asked), foresee(WANTED, asked)
    there = learning()
    assert (there.sources, there.model, there.kernel) == (here.sources, here.model, here.kernel)
    for cell in WANTED.cells:
        assert np.array_equal(there.expected[cell], here.expected[cell])
        assert np.array_equal(there.predicted_us[cell], here.predicted_us[cell])
        assert there.doubted[cell] == here.doubted[cell] == ()  # of a recorded GPU


def test_the_first_config_asked_is_the_first_of_the_ranking(world, tmp_path):
    asked = options(world, tmp_path)
    found = foresee(WANTED, asked)
    space = open_space(find_device(DEVICE), "bf16", world.where.spaces, tmp_path)
    for search in found.searches("S1-S8", space.legal, 8, 0.01):
        ranked = found.ranked(search.cell, space.legal)
        assert search.strategy.ask() == ranked[0][0]
        assert sorted(config.id for config, _ in ranked) == sorted(space.legal.by_id)


def test_of_a_gpu_not_recorded_it_begins_with_what_is_doubted_as_a_study_does(world, tmp_path):
    asked = options(world, tmp_path)
    hidden = replace(asked, where=replace(world.where, hidden=DEVICE))
    found = foresee(WANTED, hidden)
    space = open_space(find_device(DEVICE), "bf16", world.where.spaces, tmp_path)
    advice = advise(WANTED, hidden, space, read_corpus(hidden.where, 1))
    for search in found.searches("S1-S8", space.legal, 24, 0.01):
        first = found.doubted[search.cell]
        assert len(first) > 1
        assert first == advice.doubted(search.cell, found.sources)
        assert [search.strategy.ask() for _ in first] == list(first)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sources": ["NVIDIA_B3000"]}, "^unknown source of"),
        ({"history": "gone.parquet"}, "^gone.parquet: not found"),
    ],
)
def test_what_the_child_refuses_is_said_here(change, words, world, tmp_path):
    asked = options(world, tmp_path)
    if "history" in change:
        from pathlib import Path

        asked = replace(asked, where=replace(world.where, history=Path(change["history"])))
    else:
        asked = replace(asked, **change)
    with pytest.raises(InputError, match=words):
        Learning(WANTED, asked)()
