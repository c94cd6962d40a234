"""What was learned is taken again, and only where it would be learned the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scripts.lib.device import find_device
from scripts.lib.shape import BATCH_LADDER, Cell, parse_shape
from scripts.sim.gpu_out import UNTAUGHT, untaught
from scripts.sim.questions import ask
from scripts.sim.simulator import analytical_us, time_layer
from scripts.transfer.library import MOST_REGRET, SIMILAR_LAYERS, layer_of
from scripts.tune import kept
from scripts.tune.knowledge import Advice, read_corpus
from scripts.tune.space import open_space
from tests.tune.conftest import DEVICE, LAYER, World

SHAPE = parse_shape(LAYER)
CELLS = [Cell(DEVICE, SHAPE, tokens) for tokens in BATCH_LADDER[::6]]


def advice(world: World, **more) -> Advice:
    unseen = more.pop("unseen", False)
    corpus = read_corpus(dataclasses.replace(world.where, **more), 1)
    space = open_space(find_device(DEVICE), SHAPE.scheme, world.where.spaces, world.where.spaces)
    found = Advice(corpus, DEVICE, SHAPE, space, unseen=unseen)
    found.predict(CELLS)
    return found


def order(found: Advice) -> list[list[str]]:
    return [[config.id for config, _ in found.ranked(cell, found.sources)] for cell in CELLS]


def test_what_was_kept_ranks_as_what_was_learned(world, tmp_path, monkeypatch):
    learned = advice(world, unseen=True)
    first = advice(world, unseen=True, kept=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # lessons, and graphx-sim without the layer

    def never(*_, **__):
        raise AssertionError("learned again")

    monkeypatch.setattr("scripts.tune.knowledge.learn_lessons", never)
    monkeypatch.setattr("scripts.tune.knowledge.train", never)
    again = advice(world, unseen=True, kept=tmp_path)
    assert order(learned) == order(first) == order(again)
    for name in ("predicted_kernel", "plain_kernel", "cold_kernel", "judged"):
        assert getattr(again.lessons, name) == getattr(learned.lessons, name)
    with pytest.raises(AssertionError, match="learned again"):
        read_corpus(dataclasses.replace(world.where, kept=tmp_path), 2).lessons(layer_of(SHAPE))


def test_other_files_code_or_words_have_another_name(tmp_path, monkeypatch):
    file = tmp_path / "a"
    file.write_text("1")
    names = [kept.name_of([file], "1"), kept.name_of([file], "2"), kept.name_of([], "1")]
    file.write_text("2")
    names.append(kept.name_of([file], "1"))
    monkeypatch.setattr(kept, "_CODE", ("scripts/lib",))
    names.append(kept.name_of([file], "1"))
    assert len(set(names)) == len(names)


def test_a_torn_file_is_learned_anew(world, tmp_path):
    advice(world, kept=tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    advice(world, kept=tmp_path)
    assert path.read_text() == whole


def test_a_hidden_gpu_teaches_nothing(world, tmp_path):
    """Nothing else is recorded: the equations alone, and other GPUs' files."""
    cold = advice(world, hidden=DEVICE, kept=tmp_path)
    assert cold.corpus.recordings == ()
    assert cold.simulator.version == UNTAUGHT
    assert cold.simulator.trained == ()
    assert not cold.lessons.judged
    said = cold.lessons.library.expected_regret(
        CELLS[0], cold.space.legal, SIMILAR_LAYERS, frozenset()
    )
    assert (said == MOST_REGRET).all()
    ids = pd.Series([config.id for config in cold.space.legal.configs])
    asked = ask(pd.Series(CELLS[0].id, ids.index), ids, cold.space.facts)
    plain = analytical_us(time_layer(asked, untaught(find_device(DEVICE))))
    assert np.allclose(cold.predicted[CELLS[0]]["predicted_us"], plain)
    assert order(cold) != order(advice(world))
    other = advice(world, hidden="NVIDIA_B200")
    assert order(other) != order(cold)
