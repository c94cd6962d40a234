"""One leg of a suite while it runs: what is done, what is left, and its own journal on disk.

Everything of a leg lies in a folder of its own. A task is done once its line is in the journal,
whatever became of it, so that a run that was cut off goes on with what is left; ``retry`` asks
again what did not end well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.engine.supervisor import Engine
from scripts.engine.watchdog import EVERY_S, Watchdog
from scripts.evidence.suite import Leg, Suite, spec
from scripts.lib.files import write_json

JOURNAL, BOOTS, CONFIGS, TRACES = "journal.jsonl", "boots", "configs", "traces"
CHUNK = 50  # questions asked at once; the first of them are the fifty
ANSWERING = "answering"
WATCH, WARM = "watch", "warm"


class RunningLeg:
    """A leg in ``folder``. ``rows``: of its config files. ``retry``: what failed is left to do."""

    def __init__(self, suite: Suite, leg: Leg, folder: Path, rows: Any, retry: bool) -> None:
        self.suite, self.leg, self.folder, self._retry = suite, leg, folder, retry
        self.journal = Journal(folder / JOURNAL)
        self.watchdog = Watchdog(self.journal.memory)
        self._began = time.monotonic()
        self.configs = self._written(rows)

    def _written(self, rows: Any) -> Path | None:
        if rows is None:
            return None
        for name in self.leg.files:
            write_json(self.folder / CONFIGS / name, rows)
        return self.folder / CONFIGS

    def begin(self, about: Mapping[str, Any]) -> None:
        """Note the start of a run of this leg; the watchdog goes on duty."""
        self.journal.begin(leg=self.leg.name, **about)
        self._began = time.monotonic()
        self.watchdog.__enter__()

    def end(self) -> None:
        """Note how long it was watched, and the gaps in that."""
        self.watchdog.__exit__()
        spent = round(time.monotonic() - self._began, 2)
        key = f"{WATCH}/{self.journal.starts - 1}"
        self.journal.record(key, Answer(Outcome.OK, "", {"until_s": spent, "every_s": EVERY_S}))
        self.journal.close()

    def left(self, keys: list[str]) -> list[str]:
        """Those that are still to do."""
        found = {key: self.journal.done(key) for key in keys}
        return [
            key
            for key, body in found.items()
            if body is None or (self._retry and body["outcome"] != "ok")
        ]

    def timed(self, boot: int) -> list[str]:
        """Tasks of one boot, in their order."""
        rounds = range(self.suite.repeats)
        kinds = (f"profile/{boot}", f"latency/{boot}")
        return [f"{kind}/{n}" for n in rounds for kind in kinds]

    def asked(self) -> list[str]:
        """Tasks of the engine that answers."""
        if self.leg.answering is None:
            return []
        return [f"answers/{first}" for first in range(0, self.suite.questions, CHUNK)]

    def wanted(self) -> list[str]:
        """The boots of which something is left to do; ANSWERING is the one that answers."""
        tasks = {str(n): self.timed(n) for n in range(self.suite.boots)}
        return [n for n, own in {**tasks, ANSWERING: self.asked()}.items() if self.left(own)]

    def engine(self, name: str, weights: Path | None, **more: Any) -> Engine:
        """One of those, not yet booted. ``weights``: the small model's folder, if it answers."""
        folder = self.folder / BOOTS / f"{name}-{self.journal.starts - 1}"
        label = f"{self.leg.name}-{name}"
        booted = spec(self.leg, label, self.configs, weights)
        return Engine(booted, folder, watchdog=self.watchdog, **more)
