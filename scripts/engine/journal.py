"""What engines answered, as lines of a hash-chained ledger; a run cut off goes on from there."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.engine.outcome import Answer
from scripts.lib.chain import Chain
from scripts.lib.links import Body

RESULT, MEMORY, RUN = "result", "memory", "run"


class Journal:
    """Lines of one file: run (once a start), result (one a task), memory (the watchdog's)."""

    def __init__(self, path: Path) -> None:
        self._chain = Chain(path)
        self._turn = threading.Lock()
        self._done = {str(body["key"]): body for body in self._chain.bodies
                      if body.get("kind") == RESULT}  # fmt: skip
        self.runs = [body for body in self._chain.bodies if body.get("kind") == RUN]
        self.starts = len(self.runs)

    def begin(self, **about: Any) -> None:
        """Note a start: command, commit, packages, machine, whatever its results share."""
        self._chain.append({"kind": RUN, "start": self.starts, **about})
        self.starts += 1

    @property
    def keys(self) -> list[str]:
        """Tasks that have a result."""
        return list(self._done)

    def done(self, key: str) -> Body | None:
        """The result that a task has, whatever became of it; None if it is still to do."""
        return self._done.get(key)

    def record(self, key: str, answer: Answer, **about: Any) -> Body:
        """Keep how a task ended, on disk before this returns."""
        body = {
            "kind": RESULT, "key": key, "outcome": str(answer.outcome), "reason": answer.reason,
            "seconds": answer.seconds, "result": answer.result, "start": self.starts - 1, **about,
        }  # fmt: skip
        with self._turn:
            self._chain.append(body)
            self._done[key] = body
        return body

    def memory(self, line: Mapping[str, Any]) -> None:
        """Keep a watchdog's line."""
        self._chain.append({"kind": MEMORY, "start": self.starts - 1, **line}, sync=False)

    def close(self) -> None:
        """Release the file."""
        self._chain.close()
