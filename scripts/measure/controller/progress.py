"""How far a sweep is, as plain lines in its log, and how it ended."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter

import pandas as pd

from scripts.lib.outcome import NotMeasured, Outcome
from scripts.measure.controller.done import Done

log = logging.getLogger("sweep")


class Progress:
    """Cells and candidates done of a total, shared by all GPUs."""

    def __init__(self, cells: int, candidates: int) -> None:
        self._turn = threading.Lock()
        self._cells, self._candidates = cells, candidates
        self._cells_done = self._closed = 0
        self._began = time.monotonic()

    def ended(self, cell_id: str, seconds: float, closed: int, note: str = "") -> None:
        """A cell ended in which ``closed`` candidates got their outcome."""
        with self._turn:
            self._cells_done += 1
            self._closed += closed
            log.info(
                "%s: %d in %.1f s%s; %d/%d cells, %d/%d candidates, about %s left",
                cell_id, closed, seconds, note, self._cells_done, self._cells,
                self._closed, self._candidates, self._left(),
            )  # fmt: skip

    def _left(self) -> str:
        if not self._closed:
            return "?"
        seconds = time.monotonic() - self._began
        left = seconds / self._closed * (self._candidates - self._closed)
        return f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"


def tally(plan: pd.DataFrame, done: Done) -> Counter[tuple[str, str]]:
    """How many candidates of a plan ended how: by outcome and, if not measured, reason.

    Those that no line closes yet count as ("", "").
    """
    ends: Counter[tuple[str, str]] = Counter()
    for cell_id, config_id in zip(plan["cell_id"], plan["config_id"], strict=True):
        known = done.cell(cell_id).known.get(config_id)
        if known is None:
            ends["", ""] += 1
        else:
            reason = known.reason if known.outcome == Outcome.NOT_MEASURED else ""
            ends[known.outcome, reason or ""] += 1
    return ends


def table(ends: Counter[tuple[str, str]]) -> str:
    """The tally as lines of text, most frequent first."""
    rows = sorted(ends.items(), key=lambda item: (-item[1], item[0]))
    names = [(" ".join(filter(None, key)) or "no outcome yet", count) for key, count in rows]
    return "\n".join(f"{count:9d}  {name}" for name, count in names)


def status_of(ends: Counter[tuple[str, str]], finished: bool) -> int:
    """The sweep's exit status: see scripts.measure.sweep."""
    if not finished or ends["", ""]:
        return 3
    return 4 if ends[str(Outcome.NOT_MEASURED), str(NotMeasured.BUDGET_SPENT)] else 0
