"""The rows of files for GPUs that nobody tuned for: a config, its origin, what to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.catalogue.band import Band
from scripts.catalogue.candidates import Candidates, Heard
from scripts.catalogue.known import Known
from scripts.catalogue.naming import Named, Question, compiled, latencies, named, questions
from scripts.catalogue.recorded import Fastest
from scripts.lib.carry import carried_over
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.runtimes.shipped import Shipped
from scripts.lib.schemas.openings import PREDICTED, TRANSFERRED
from scripts.lib.shape import Cell, Shape
from scripts.transfer.library import layer_of

DEFAULT, PREDICTION, MEASURED = "default", "prediction", "measured"
NO_DEFAULT = "vLLM's default for these number formats is not known here"
Pair = tuple[str, Shape]  # a GPU and a layer


@dataclass(frozen=True)
class Row:
    """One batch size.

    ``ratio``: expected latency over vLLM's default, None where that is not known, with the ends of
    its interval; of a default that stays it is 1. ``note``: for a reader. ``confidence``: a word,
    measured, or what such expectations were held against (scripts.catalogue.band).
    """

    tokens: int
    config: Config
    source: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    confidence: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the record."""
        ends = {name: getattr(self, name) for name in ("ratio", "low", "high")}
        return {
            "tokens": self.tokens,
            "config_id": self.config.id,
            "entry": self.config.to_entry(),
            "source": self.source,
            **{name: None if end is None else round(end, 4) for name, end in ends.items()},
            "note": self.note,
            "confidence": self.confidence,
        }


def rows(known: Known, wanted: Mapping[Pair, Sequence[int]]) -> dict[Pair, list[Row]]:
    """Rows of layers on GPUs by batch size, all predicted at once."""
    asked, measured = [], {}
    for (device, shape), batches in sorted(wanted.items(), key=lambda item: item[0][::-1]):
        legal = known.space(device, shape.scheme).legal
        cells = [Cell(device, shape, tokens) for tokens in batches]
        recorded = device in known.recorded.devices
        heard = _but(device, layer_of(shape))
        mine = questions(known.pool, cells, legal, heard, recorded=recorded)
        if recorded:
            for cell in cells:
                default = newest_default(shape, cell.tokens, find_device(device))
                measured[cell] = known.recorded.fastest(cell, legal, default)
        asked += [one for one in mine if measured.get(one.cell) is None]
    facts = known.facts(sorted({(device, shape.scheme) for device, shape in wanted}))
    by_cell = {
        one.question.cell: one
        for one in named(asked, latencies(asked, facts, known.simulator) if asked else {})
    }
    found: dict[Pair, list[Row]] = {}
    for (device, shape), batches in wanted.items():
        band = known.bands.of_row(device, shape.scheme)
        cells = [Cell(device, shape, tokens) for tokens in batches]
        found[device, shape] = [
            _measured(cell.tokens, one)
            if (one := measured.get(cell)) is not None
            else _predicted(by_cell[cell], band)
            for cell in cells
        ]
    return found


def _but(device: str, layer: str) -> Heard:
    """All files but the GPU's own for the layer, which would have been shipped."""
    return lambda owner, other: (owner, other) != (device, layer)


def shipped_rows(known: Known, files: Sequence[tuple[Pair, Shipped]]) -> list[list[Row]]:
    """What runtimes ship, row by row, with what is to be expected of it; nothing is compiled.

    A file of a GPU and number formats without a recorded space has no expectation.
    """
    there = [pair for pair, _ in files if known.has_space(pair[0], pair[1].scheme)]
    asked = [_held(known, pair, file) if pair in there else [] for pair, file in files]
    every = [one for mine in asked for one in mine]
    facts = known.facts(sorted({(device, shape.scheme) for device, shape in there}))
    us = latencies(every, facts, known.simulator) if every else {}
    return [
        [_as_shipped(one, file, known) for one in named(mine, us)]
        or [Row(m, config, f"{file.runtime}'s file") for m, config in sorted(file.configs.items())]
        for mine, (_, file) in zip(asked, files, strict=True)
    ]


def _held(known: Known, pair: Pair, file: Shipped) -> list[Question]:
    (device, shape), found = pair, []
    legal = known.space(device, shape.scheme).legal
    for tokens, config in sorted(file.configs.items()):
        default = newest_default(shape, tokens, find_device(device))
        timed = None if default is None else compiled(default, legal)
        held = Candidates({carried_over(config, find_device(device)): (file.runtime,)}, ())
        found.append(Question(Cell(device, shape, tokens), held, default, timed))
    return found


def _as_shipped(one: Named, file: Shipped, known: Known) -> Row:
    cell, source = one.question.cell, f"{file.runtime}'s file"
    band = known.bands.of_row(cell.device, cell.shape.scheme, "shipped row")
    if one.ratio is None:
        return Row(cell.tokens, one.config, source, note=NO_DEFAULT, confidence=band.word)
    low, high = one.ratio * band.low, one.ratio * band.high
    return Row(cell.tokens, one.config, source, one.ratio, low, high, confidence=band.word)


def _predicted(one: Named, band: Band) -> Row:
    tokens, default = one.question.cell.tokens, one.question.default
    source = ", ".join(one.sources) or PREDICTION
    if default is None:
        return Row(tokens, one.config, source, note=NO_DEFAULT, confidence=band.word)
    if one.ratio is None:
        note = "vLLM's default cannot launch on this GPU"
        return Row(tokens, one.config, source, note=note, confidence=band.word)
    if one.ratio >= 1.0 - band.margin:
        return Row(tokens, default, DEFAULT, 1.0, 1.0, 1.0, confidence=band.word)
    low, high = one.ratio * band.low, one.ratio * band.high
    return Row(tokens, one.config, source, one.ratio, low, high, confidence=band.word)


def _measured(tokens: int, one: Fastest) -> Row:
    """The fastest legal config of a recorded cell, over the default as recorded."""
    if one.ratio is None:
        return Row(tokens, one.config, MEASURED, note=NO_DEFAULT, confidence=MEASURED)
    return Row(tokens, one.config, MEASURED, *one.ratio, confidence=MEASURED)


def status_of(found: Sequence[Row]) -> str:
    """Of a file: measured, transferred (a row comes from another GPU's file) or predicted."""
    kinds = {row.source for row in found} - {DEFAULT}
    if kinds == {MEASURED}:
        return MEASURED
    return PREDICTED if kinds <= {PREDICTION, MEASURED} else TRANSFERRED
