"""What is said of a config file: one line each, with how much it matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from scripts.health.trials import Decided


class Level(StrEnum):
    """How much a finding matters."""

    WRONG = "wrong"  # not found, not taken, or does not launch
    BEHIND = "behind"  # slower than what is known, by measurement
    NOTE = "note"  # worth knowing; by prediction at most


@dataclass(frozen=True)
class Finding:
    """``what``: of the closed list below. ``tokens``: the rows it is about, none for the file."""

    level: Level
    what: str
    words: str
    tokens: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "level": self.level.value,
            "what": self.what,
            "tokens": list(self.tokens),
            "words": self.words,
        }


# What findings are about.
NAME, PLACE, BODY, LADDER, LEGALITY, HISTORY, TRITON, MEASURED, PREDICTED, TRIED = (
    "name", "place", "body", "ladder", "legality", "history", "triton", "measured", "predicted",
    "tried",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """All of one file. ``found_by``: releases of each runtime that look it up where it lies.

    ``tried``: a word for each row, if it was measured now.
    """

    file: str
    found_by: dict[str, str]
    rows: int
    findings: Sequence[Finding] = field(default_factory=tuple)
    tried: Sequence[Decided] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong or behind; notes do not count."""
        return all(one.level is Level.NOTE for one in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "file": self.file,
            "found_by": self.found_by,
            "rows": self.rows,
            "ok": self.ok,
            "findings": [one.to_json() for one in self.findings],
            "tried": [one.to_json() for one in self.tried],
        }


def tokens_words(tokens: Sequence[int]) -> str:
    """``M = 1, 2, 4`` for a reader."""
    return f"M = {', '.join(map(str, tokens))}"
