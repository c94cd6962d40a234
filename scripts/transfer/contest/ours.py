"""The strategies S1 to S8, alone, together, and with one of them switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from scripts.lib.shape import Cell
from scripts.transfer.contest.field import Entrant, Field, Start, each
from scripts.transfer.library import NEIGHBOURING_BATCHES, SIMILAR_LAYERS
from scripts.transfer.merit import SourceWord
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.pipeline import STRATEGIES, pipeline
from scripts.transfer.strategies.s1_copy import CopySource
from scripts.transfer.strategies.s2_nearest import NearestLegal, by_distance
from scripts.transfer.strategies.s3_offset import OffsetSource
from scripts.transfer.strategies.s4_bayesian import Bayesian
from scripts.transfer.strategies.s5_neighbours import Incumbents, Mates, Neighbours
from scripts.transfer.strategies.s6_predicted import Predicted
from scripts.transfer.strategies.s8_portfolio import Portfolio
from scripts.transfer.strategy import Strategy

ALL = "S1-S8"
EIGHT = 8


def entrants(on: Field, _: int) -> Iterator[Entrant]:
    """All of them; none draws numbers."""
    yield from of_sources(on)
    yield from of_all_sources(on)
    yield from without_source(on)


def of_sources(on: Field) -> Iterator[Entrant]:
    """From one source GPU at a time."""
    for source in on.sources:
        for name, make in (("S1", _copy), ("S2", _nearest), ("S3", _offset), ("S4", _warm)):
            yield Entrant(name, source, 0, each(on, partial(make, on, source)))
        yield Entrant(ALL, source, 0, _pipelines(on, [source]), raced=True)
        stopped = _pipelines(on, [source], margin=on.margin)
        yield Entrant(f"{ALL}, stops", source, 0, stopped, raced=True)


def of_all_sources(on: Field) -> Iterator[Entrant]:
    """From all source GPUs at once, or from none where there are none."""
    every = on.sources
    yield Entrant(f"{ALL}, all sources", None, 0, _pipelines(on, every), raced=True)
    eights = _pipelines(on, every)
    yield Entrant(f"{ALL}, by eights", None, 0, eights, raced=True, batch=EIGHT)
    for name in STRATEGIES:
        rest = _pipelines(on, every, without=[name])
        yield Entrant(f"{ALL} without {name}", None, 0, rest, raced=name != "S7")
    for source in every:
        others = [name for name in every if name != source]
        start = _pipelines(on, others, unseen=[source])
        yield Entrant(f"{ALL}, source unseen", source, 0, start, raced=True)


def taught(on: Field) -> Iterator[Entrant]:
    """What shows what was taught: S1-S8 from one source, from none, and graphx-sim's order."""
    for entrant in of_sources(on):
        if entrant.name.startswith(ALL):
            yield entrant
    for entrant in without_source(on):
        if entrant.name.startswith((ALL, "S6")):
            yield entrant


def without_source(on: Field) -> Iterator[Entrant]:
    """Strategies that read no source's file."""
    yield Entrant(f"{ALL}, no source", None, 0, _pipelines(on, []), raced=True)
    stopped = _pipelines(on, [], margin=on.margin)
    yield Entrant(f"{ALL}, no source, stops", None, 0, stopped, raced=True)
    yield Entrant("S5", None, 0, _neighbours(on))
    yield Entrant("S6", None, 0, each(on, partial(_predicted, on)))
    yield Entrant("S8", None, 0, each(on, partial(_portfolio, on)))


def _pipelines(
    on: Field,
    sources: Sequence[str],
    *,
    without: Sequence[str] = (),
    unseen: Sequence[str] = (),
    margin: float | None = None,
) -> Start:
    def start() -> Mapping[Cell, Strategy]:
        mates = Mates()
        return {
            one.cell: pipeline(
                on.lessons, on.task(one, sources, unseen), mates, without=without, margin=margin
            )
            for one in on.recordings
        }

    return start


def _word(on: Field, source: str, one: Recording) -> SourceWord:
    return on.lessons.words(one.cell, [source])[0]


def _copy(on: Field, source: str, one: Recording) -> Strategy:
    return CopySource(_word(on, source, one).carried)


def _nearest(on: Field, source: str, one: Recording) -> Strategy:
    return NearestLegal(_word(on, source, one).carried, one.legal)


def _offset(on: Field, source: str, one: Recording) -> Strategy:
    word = _word(on, source, one)
    return OffsetSource(word.carried, word.offset, one.legal)


def _warm(on: Field, source: str, one: Recording) -> Strategy:
    word = _word(on, source, one)
    moved = OffsetSource(word.carried, word.offset, one.legal).ask()
    first = [word.carried, next(by_distance(word.carried, one.legal)), moved]
    flat = np.zeros(len(one.legal))
    known = [config for config in first if config is not None]
    return Bayesian(on.covariance("cold"), flat, first=known)


def _neighbours(on: Field) -> Start:
    def start() -> Mapping[Cell, Strategy]:
        incumbents = Incumbents()
        found: dict[Cell, Strategy] = {}
        for one in on.recordings:
            expected = on.lessons.library.expected_regret(
                one.cell, one.legal, SIMILAR_LAYERS, on.lessons.left_out
            )
            found[one.cell] = Neighbours(one.legal, one.cell.tokens, expected, incumbents)
        return found

    return start


def _predicted(on: Field, one: Recording) -> Strategy | None:
    return Predicted(one.legal, on.places[one.cell]) if one.cell in on.places else None


def _portfolio(on: Field, one: Recording) -> Strategy:
    library = on.lessons.library
    weight = library.weights(one.cell, NEIGHBOURING_BATCHES, on.lessons.left_out)
    return Portfolio(one.legal, library.regret(one.legal), weight)
