"""Measured values that stand in more than one place: replayed attempts, copied baselines, finals.

Equal numbers alone prove nothing: a GPU's events tick (32 ns on an H200, 4 ns a pass over 8), so
that two candidates have the same median again and again by chance. A copy is therefore judged on
evidence that does not coincide. In the 182,844 timed attempts of the first three recorded ledgers:

- *replayed*: all four of median, p95 and the ends of the median's interval equal those of any
  other attempt of at least 6 samples. Of 5.8e9 pairs of such attempts none agree in all four, 5 in
  the median and both ends. With fewer samples (a config cut as slow: two) gpu_seconds must be
  equal too: of 2.8e9 pairs 15 agree in the four, none in the five.
- *baseline*: three of the four equal those of the committed or the anchor config on that cell, of
  at least 6 samples. Of 106,996 pairs of a candidate and its committed config none agree in two;
  of 4.8e7 pairs of any two candidates of one cell two agree in three.
- *finals*: two slots with the same value in half of the rounds or more, the twins of one config
  included: their difference is what false wins are calibrated on. The most that was found is 3 in
  40. Also a slot's whole samples found again in another line.

A copied median alone leaves no such trace, but then it lies outside the attempt's own interval,
which scripts.ledger.checks.fields finds, or within it, where it is worth nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

from scripts.ledger.checks.fields import STATISTICS
from scripts.ledger.checks.finding import RESTORE, Finding, Ledger
from scripts.lib.chain import Line

LEAST_SAMPLES, LEAST_EQUAL, LEAST_SHARE = 6, 3, 0.5


class Replays:
    """Attempts, and slots of finals, whose measured values stood somewhere before.

    One for all ledgers of a scan: a second recording must not repeat the numbers of the first.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[Hashable, ...], str] = {}

    def find(self, ledger: Ledger) -> Iterator[Finding]:
        """The replays of one more ledger."""
        for line in ledger.of("attempt"):
            values = _statistics(line)
            if values is None:
                continue
            if line.body["samples"] < LEAST_SAMPLES:
                values += (line.body["gpu_seconds"],)
            yield from self._note(ledger, line, "median_us", "these measurements are", values)
        for line in ledger.of("finals"):
            columns = zip(*line.body["us"], strict=True)
            for config_id, column in zip(line.body["slots"], columns, strict=False):
                values = (config_id, *column)
                yield from self._note(ledger, line, "us", f"the samples of {config_id} are", values)

    def marks(self) -> np.ndarray:
        """A number for each set of measured values; equal values of any two ledgers have the same.

        Names are left out: their hashes differ from process to process.
        """
        found = (
            hash(tuple(value for value in values if not isinstance(value, str)))
            for values in self._seen
        )
        return np.fromiter(found, dtype=np.int64, count=len(self._seen))

    def _note(
        self, ledger: Ledger, line: Line, field: str, what: str, values: tuple[Hashable, ...]
    ) -> Iterator[Finding]:
        where = f"{ledger.path}:{line.number}"
        # A hash of the values would do with less memory, but could coincide itself.
        first = self._seen.setdefault(values, where)
        if first != where:
            yield ledger.find(line, field, f"{what} those of {first}", RESTORE)


def _statistics(line: Line) -> tuple[Any, ...] | None:
    values = tuple(line.body.get(name) for name in STATISTICS)
    return None if None in values else values


def copied_baselines(ledger: Ledger) -> Iterator[Finding]:
    """Candidates with the measurements of their cell's committed or anchor config."""
    baselines: dict[str, set[str]] = defaultdict(set)
    for line in ledger.of("cell"):
        for name in ("committed_id", "anchor_id"):
            if line.body.get(name) is not None:
                baselines[line.body["cell_id"]].add(line.body[name])
    measured: dict[str, list[Line]] = defaultdict(list)
    timed = [line for line in ledger.of("attempt") if _statistics(line) is not None]
    for line in timed:
        cell_id, long = line.body["cell_id"], line.body["samples"] >= LEAST_SAMPLES
        if long and line.body["config_id"] in baselines[cell_id]:
            measured[cell_id].append(line)
    for line in timed:
        for baseline in measured[line.body["cell_id"]]:
            if line.body["config_id"] not in baselines[line.body["cell_id"]]:
                yield from _compare(ledger, line, baseline)


def _compare(ledger: Ledger, line: Line, baseline: Line) -> Iterator[Finding]:
    equal = [name for name in STATISTICS if line.body[name] == baseline.body[name]]
    if len(equal) >= LEAST_EQUAL:
        problem = (
            f"{', '.join(equal)} are those of {baseline.body['config_id']}, a baseline of the "
            f"cell, in line {baseline.number}"
        )
        yield ledger.find(line, equal[0], problem, "measure the candidate; " + RESTORE)


def copied_finals(ledger: Ledger) -> Iterator[Finding]:
    """Finals in which two slots hold the same samples."""
    for line in ledger.of("finals"):
        us, slots = np.asarray(line.body["us"], dtype=float), line.body["slots"]
        if us.size == 0:
            continue
        shares = np.mean(us[:, :, None] == us[:, None, :], axis=0)
        for one, other in np.argwhere(np.triu(shares >= LEAST_SHARE, k=1)):
            problem = (
                f"slots {one} ({slots[one]}) and {other} ({slots[other]}) hold the same "
                f"samples in {shares[one, other]:.0%} of the rounds"
            )
            yield ledger.find(line, "us", problem, RESTORE)
