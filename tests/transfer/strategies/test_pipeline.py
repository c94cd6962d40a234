"""S1-S8 together: legal, repeatable, switched off singly, and blind to the answer."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.shape import Cell
from scripts.transfer.committed_files import History
from scripts.transfer.contest.field import Field, run
from scripts.transfer.contest.ours import entrants
from scripts.transfer.kernel import Array
from scripts.transfer.legal import LegalSpace
from scripts.transfer.lessons import Lessons, learn_lessons
from scripts.transfer.library import Library, layer_of
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.pipeline import STRATEGIES, pipeline
from scripts.transfer.strategies.s5_neighbours import Mates
from tests.transfer.recorded import AMD, CELLS_OF_THREE, SHAPES, SOURCE, Latency, recording
from tests.transfer.study import DEVICE, LEGAL, filled, history_row, latency

CELL = CELLS_OF_THREE[1]
ILLEGAL = Config(32, 16, 256, 4, 2, 2, 0, 16, 2)


def noisy(cell: Cell, config: Config) -> float:
    """Another latency for the held-out shape alone."""
    return latency(cell, config) if cell.shape != CELL.shape else 1e4 / latency(cell, config)


def known_files(target: Config) -> History:
    """``target``: what the held-out shape's own file says; AMD's config is illegal here."""
    rows = [
        history_row(device, batch, config, file=f"{shape.intermediate} {device}",
                    N=shape.intermediate, position=batch)
        for shape in SHAPES
        for device, config in (
            (SOURCE, LEGAL.configs[5]),
            (AMD, ILLEGAL),
            (DEVICE, target if shape == CELL.shape else LEGAL.configs[8]),
        )
        for batch in (1, 64, 1024)
    ]  # fmt: skip
    return History(pd.DataFrame(filled(HISTORY, rows)))


def predictions(recordings: list[Recording]) -> dict[Cell, Array]:
    """Right but for a wave that is the same for every cell."""
    wave = 0.05 * np.sin(np.arange(len(LEGAL)))
    return {
        one.cell: np.log([latency(one.cell, config) for config in LEGAL.configs]) + wave
        for one in recordings
    }


def field_of(
    us: Latency = latency, target: Config = LEGAL.configs[8], *, sim: bool = True
) -> Field:
    recordings = [recording(cell, us) for cell in CELLS_OF_THREE]
    logs = predictions(recordings) if sim else {}
    history, library = known_files(target), Library(recordings)
    lessons = learn_lessons({layer_of(CELL.shape)}, library, history, logs, 1)
    mine = tuple(one for one in recordings if one.cell.shape == CELL.shape)
    return Field(CELL.shape, mine, lessons, logs, logs, 0.01)


FIELD = field_of()


def firsts(field: Field) -> dict[str, list[Config | None]]:
    """The first config that every entrant asks for on every cell, before it is told anything."""
    return {
        f"{entrant.name} {entrant.source}": [one.ask() for one in entrant.start().values()]
        for entrant in entrants(field, 0)
    }


def order_of(lessons: Lessons, field: Field, without: list[str], **more: float) -> list[Config]:
    one = next(one for one in field.recordings if one.cell == CELL)
    task = field.task(one, [SOURCE, AMD])
    strategy = pipeline(lessons, task, Mates(), without=without, **more)
    asked: list[Config] = []
    while (config := strategy.ask()) is not None and len(asked) < len(LEGAL):
        asked.append(config)
        strategy.tell(config, one.measure(CELL, config))
    return asked


def test_the_answers_are_not_looked_at() -> None:
    """Neither the shape's own recordings nor its committed file move any first config."""
    seen, other = firsts(FIELD), field_of(noisy, LEGAL.configs[40])
    assert len(seen) > 15
    assert seen == firsts(other)
    for name in ("predicted_kernel", "plain_kernel", "cold_kernel"):
        assert getattr(other.lessons, name) == getattr(FIELD.lessons, name)


@pytest.mark.parametrize("off", [None, *STRATEGIES])
def test_each_can_be_switched_off_and_the_rest_covers_the_space(off: str | None) -> None:
    order = order_of(FIELD.lessons, FIELD, [off] if off else [])
    assert sorted(order) == sorted(LEGAL.configs)
    assert order == order_of(FIELD.lessons, FIELD, [off] if off else [])


def test_all_switched_off_is_ascending_order() -> None:
    off = [name for name in STRATEGIES if name != "S7"]
    assert order_of(FIELD.lessons, FIELD, off) == list(LEGAL.configs)


def test_the_order_follows_predictor_and_records() -> None:
    best = min(latency(CELL, config) for config in LEGAL.configs)
    first = order_of(FIELD.lessons, FIELD, [])[:4]
    assert best in {latency(CELL, config) for config in first}


def test_it_stops_early_with_a_margin() -> None:
    stopped = order_of(FIELD.lessons, FIELD, [], margin=0.01)
    assert len(stopped) < len(LEGAL) / 2
    assert min(latency(CELL, config) for config in stopped) <= 1.02 * min(
        latency(CELL, config) for config in LEGAL.configs
    )


def test_a_question_put_twice_is_searched_once_and_charged_as_each_entrant_pays() -> None:
    shared, seconds, searches = field_of(), {}, 0
    for entrant in entrants(shared, 0):
        found = run(entrant, shared)
        apart = replace(shared, _asked={})
        assert found == run(entrant, apart)
        searches += len(apart._asked)
        steps = [trial for of_cell in found.values() for _, trial in of_cell]
        seconds[entrant.name] = sum(trial.gpu_seconds for trial in steps)
    assert len(shared._asked) < searches
    # S7 alters no choice, so these two put the same question.
    assert seconds["S1-S8 without S7"] > seconds["S1-S8, all sources"]


def test_without_predictions_the_others_go_on() -> None:
    field = field_of(sim=False)
    assert sorted(order_of(field.lessons, field, [])) == sorted(LEGAL.configs)
    assert "S6 None" not in {name for name, asked in firsts(field).items() if asked}


def test_an_unknown_strategy_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="S8"):
        order_of(FIELD.lessons, FIELD, ["S88"])


def test_an_empty_space_is_refused() -> None:
    one = FIELD.recordings[0]
    task = FIELD.task(one, [SOURCE])
    empty = type(task)(**{**vars(task), "legal": LegalSpace([])})
    with pytest.raises(InputError, match="the legal space is empty"):
        pipeline(FIELD.lessons, empty, Mates())


def test_amds_keys_are_dropped_and_its_illegal_config_is_moved_into_the_space() -> None:
    asked: Mapping[str, list[Config | None]] = firsts(FIELD)
    assert set(asked[f"S1 {AMD}"]) == {ILLEGAL.without_vendor_keys()}
    for name, configs in asked.items():
        if not name.startswith("S1 "):
            assert set(configs) <= set(LEGAL.configs), name


def test_a_source_that_is_unseen_teaches_nothing() -> None:
    lessons, heard = FIELD.lessons, list(STRATEGIES)
    without = lessons.weights([SOURCE], heard, unseen=[SOURCE])
    assert not np.array_equal(without, lessons.weights([SOURCE], heard))
    assert not without[:3].any()
