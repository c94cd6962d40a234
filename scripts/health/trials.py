"""Which trials decide a row of a file, and what their finals say of it: keep, retune or drop it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.config import Config
from scripts.lib.judging.decision import WIN, decide
from scripts.lib.judging.medians import median_intervals
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import Cell, parse_cell

Body = Mapping[str, Any]
# The sweep times what is so proposed again and again, and gives it twins in the finals (A/A).
ROW = "committed"
DEFAULT, SHIPPED, NEXT, NAMED = "default", "shipped", "next row", "named"


class PausedError(Exception):
    """The time was up before every row was measured; the ledger keeps what was."""


class Word(StrEnum):
    """What is to be done with a row."""

    KEEP = "keep"
    RETUNE = "retune"  # another config is shown faster by the margin
    DROP = "drop"  # so is the runtime's default, and nothing else by more; or the row does not run
    OPEN = "not measured"


@dataclass(frozen=True)
class Decided:
    """One row. ``better``: the config to write instead, if any, by the name it was tried under.

    ``ratio``: latency of ``better``, or of the row's nearest rival, over the row's, with its
    interval; None where nothing could be compared.
    """

    tokens: int
    config_id: str
    word: Word
    better: str | None = None
    name: str = ""
    ratio: tuple[float, float, float] | None = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        ends = None if self.ratio is None else [round(end, 5) for end in self.ratio]
        return {
            "tokens": self.tokens,
            "config_id": self.config_id,
            "word": self.word.value,
            "better_id": self.better,
            "name": self.name,
            "over_row": ends,
            "why": self.why,
        }

    @property
    def words(self) -> str:
        """For a reader."""
        if self.ratio is None:
            return f"{self.config_id}: {self.why}"
        median, low, high = self.ratio
        rival = self.better or "the fastest other"
        said = f"{rival} ({self.name}) takes {median:.3f} ({low:.3f}-{high:.3f}) of its time"
        return f"{self.config_id}: {said}"


def plan_of(cells: Mapping[Cell, Mapping[str, Config]]) -> pd.DataFrame:
    """PLAN rows. ``cells``: by cell the configs that meet, by name; the row's own is ``ROW``."""
    rows = []
    for cell, named in cells.items():
        by_id: dict[str, list[str]] = {}
        for name, config in sorted(named.items(), key=lambda item: item[0] != ROW):
            by_id.setdefault(config.id, []).append(name)
        rows += [
            (cell.id, order, config_id, ",".join(names), None, None)
            for order, (config_id, names) in enumerate(by_id.items())
        ]
    return pd.DataFrame(rows, columns=PLAN.names)


def decided(
    plan: pd.DataFrame, bodies: Iterable[Body], kernel_hash: str, margin: float
) -> list[Decided]:
    """A word for each cell of a plan, by what a ledger holds under kernels of that source.

    ``margin``: relative, beyond which a difference counts.
    """
    runs, finals, failures = set[str](), {}, {}
    for body in bodies:
        if body["kind"] == "run" and body["kernel_hash"] == kernel_hash:
            runs.add(body["run_id"])
        elif body.get("run_id") in runs and body["kind"] == "finals":
            finals[body["cell_id"]] = body
        elif body.get("run_id") in runs and body["kind"] == "attempt":
            failures[body["cell_id"], body["config_id"]] = body
    return [
        _decided(str(cell_id), rows, finals.get(cell_id), failures, margin)
        for cell_id, rows in plan.groupby("cell_id", sort=False)
    ]


def _decided(
    cell_id: str,
    rows: pd.DataFrame,
    finals: Body | None,
    attempts: Mapping[tuple[str, str], Body],
    margin: float,
) -> Decided:
    names = dict(zip(rows["config_id"], rows["proposed_by"].str.split(","), strict=True))
    own = next(config for config, found in names.items() if ROW in found)
    tokens, attempt = parse_cell(cell_id).tokens, attempts.get((cell_id, own))
    slots = [] if finals is None else list(finals["slots"])
    if finals is None or own not in slots:
        return _without(tokens, own, names, slots, attempt)
    found = _over(own, slots, np.asarray(finals["us"], dtype=float))
    rivals = {config: ratio for config, ratio in found.items() if config in names}
    if not rivals:
        return Decided(tokens, own, Word.KEEP, why="nothing else ran")
    shown = {c: r for c, r in rivals.items() if decide(r[1], r[2], margin)[()] == WIN}
    best = min(shown or rivals, key=lambda config: rivals[config][0])
    said = ", ".join(names[best])
    if not shown:
        return Decided(tokens, own, Word.KEEP, None, said, rivals[best])
    default = next((c for c in shown if DEFAULT in names[c]), None)
    # The runtime's own choice is as good as what is shown fastest: the row is not worth its keep.
    if default is not None and rivals[default][0] <= rivals[best][0] * (1 + margin):
        return Decided(tokens, own, Word.DROP, default, DEFAULT, rivals[default])
    return Decided(tokens, own, Word.RETUNE, best, said, rivals[best])


def _without(
    tokens: int,
    own: str,
    names: Mapping[str, Sequence[str]],
    slots: Sequence[str],
    attempt: Body | None,
) -> Decided:
    """A row that is in no finals: it failed where others ran, or nothing was measured."""
    if attempt is None:
        return Decided(tokens, own, Word.OPEN, why="not tried yet")
    why = f"{attempt['outcome']}: {attempt.get('reason') or ''}".strip(": ")
    if not slots or attempt["outcome"] == "not_measured":
        return Decided(tokens, own, Word.OPEN, why=why)
    default = next((c for c in slots if DEFAULT in names.get(c, ())), None)
    return Decided(tokens, own, Word.DROP, default or slots[0], DEFAULT if default else "", why=why)


def _over(own: str, slots: Sequence[str], us: np.ndarray) -> dict[str, tuple[float, float, float]]:
    """Median ratio of each other config to the row, its interval widened by what A/A pairs miss."""
    first = {config: slots.index(config) for config in slots}
    twins = [place for place, config in enumerate(slots) if config == own]
    apart = max((abs(_median(us, twin, first[own]) - 1.0) for twin in twins), default=0.0)
    others = {config: place for config, place in first.items() if config != own}
    if not others:
        return {}
    ratios = median_intervals(us[:, list(others.values())] / us[:, [first[own]]])
    return {
        config: (float(median), float(low) - apart, float(high) + apart)
        for config, (median, low, high) in zip(others, ratios, strict=True)
    }


def _median(us: np.ndarray, one: int, other: int) -> float:
    return float(np.median(us[:, one] / us[:, other]))


def table(rows: Sequence[Decided]) -> Iterator[str]:
    """The rows for a reader at a terminal."""
    yield f"  {'M':>5}  {'row':30} {'do':12} {'rival over row':22} write"
    for row in rows:
        over = "" if row.ratio is None else "{:.3f} ({:.3f}-{:.3f})".format(*row.ratio)
        instead = f"{row.better} ({row.name})" if row.better else row.why
        said = f"{row.tokens:5d}  {row.config_id:30} {row.word.value:12} {over:22} {instead}"
        yield f"  {said}".rstrip()
