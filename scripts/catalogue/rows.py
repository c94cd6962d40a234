"""The rows of a file for a GPU that nobody tuned for: a config, its origin, what to expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scripts.catalogue.band import Band
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.legality import Legality
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.shape import Cell
from scripts.sim.predict import predict
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.s2_nearest import by_distance
from scripts.tune.knowledge import Advice
from scripts.tune.sources import carried_from

DEFAULT, PREDICTION, MEASURED = "default", "prediction", "measured"
NO_DEFAULT = "vLLM's default for these number formats is not known here"


@dataclass(frozen=True)
class Row:
    """One batch size.

    ``ratio``: expected latency over vLLM's default, None where that is not known, with the ends of
    its interval; of a default that stays it is 1. ``note``: for a reader. ``confidence``: a word,
    measured, or of scripts.sim.confidence.
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


def rows(advice: Advice, cells: Sequence[Cell], sources: Sequence[str], band: Band) -> list[Row]:
    """One for each cell, whose space ``advice`` has predicted."""
    defaults = {
        cell: newest_default(cell.shape, cell.tokens, find_device(cell.device)) for cell in cells
    }
    known = {one.cell: one for one in advice.corpus.recordings}
    us = _default_us(advice, defaults)
    return [
        _measured(known[cell], defaults[cell])
        if cell in known
        else _predicted(advice, cell, sources, defaults[cell], us.get(cell), band)
        for cell in cells
    ]


def _default_us(advice: Advice, defaults: dict[Cell, Config | None]) -> dict[Cell, float]:
    """What graphx-sim expects of the defaults that launch, us."""
    found = [(cell, config) for cell, config in defaults.items() if config is not None]
    if not found:
        return {}
    asked = [(cell, _compiled(advice, config)) for cell, config in found]
    table = pd.DataFrame(
        {
            "cell_id": [cell.id for cell, _ in asked],
            "config_id": [config.id for _, config in asked],
        }
    )
    predicted = predict(table, advice.space.facts, advice.simulator)
    launches = (predicted["legality"] != Legality.ILLEGAL).tolist()
    told = zip(asked, predicted["predicted_us"], launches, strict=True)
    return {cell: float(us) for (cell, _), us, launched in told if launched}


def _compiled(advice: Advice, config: Config) -> Config:
    """The config of the space whose tiles a default has that leaves AMD's keys to the compiler.

    The compiler's facts are those of the space; another config is as it stands.
    """
    legal = advice.space.legal
    if config in legal.index:
        return config
    nearest = next(by_distance(config, legal))
    return nearest if nearest.without_vendor_keys() == config else config


def _predicted(
    advice: Advice,
    cell: Cell,
    sources: Sequence[str],
    default: Config | None,
    default_us: float | None,
    band: Band,
) -> Row:
    config, us = advice.ranked(cell, sources)[0]
    source = _source(advice, cell, config, sources)
    if default is None:
        return Row(cell.tokens, config, source, note=NO_DEFAULT)
    if default_us is None:
        return Row(cell.tokens, config, source, note="vLLM's default cannot launch on this GPU")
    ratio = us / default_us
    if ratio >= 1.0 - band.margin:
        return Row(cell.tokens, default, DEFAULT, 1.0, 1.0, 1.0)
    return Row(cell.tokens, config, source, ratio, ratio * band.low, ratio * band.high)


def _source(advice: Advice, cell: Cell, config: Config, sources: Sequence[str]) -> str:
    """The GPUs whose files hold the config, as it is or nearest to it; else the prediction."""
    history, legal = advice.corpus.history, advice.space.legal
    carried = [carried_from(history, cell, source, legal) for source in sources]
    same = [one.source for one in carried if one.carried == config]
    near = [f"near {one.source}" for one in carried if one.nearest == config]
    return ", ".join(same or near) or PREDICTION


def _measured(one: Recording, default: Config | None) -> Row:
    """The fastest legal config of a recorded cell, over the default as recorded."""
    legal = one.latency_us[: len(one.legal)]
    place = int(np.nanargmin(legal))
    config, tokens = one.configs[place], one.cell.tokens
    if default is None or default not in one.index:
        return Row(tokens, config, MEASURED, note=NO_DEFAULT)
    at = one.index[default]
    us, half = one.latency_us[[place, at]], one.half_us[[place, at]]
    if np.isnan(us).any():
        return Row(tokens, config, MEASURED, note="vLLM's default did not run")
    ratio = float(us[0] / us[1])
    # The same config is the same measurement: no doubt about its ratio to itself.
    apart = 0.0 if place == at else ratio * float(np.hypot(*(half / us)))
    return Row(tokens, config, MEASURED, ratio, ratio - apart, ratio + apart)
