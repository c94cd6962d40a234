"""What a guardrail says: its rule, whether it holds, the evidence, and what violates it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.files import sha256

MOST_LISTED = 20


@dataclass(frozen=True)
class Evidence:
    """A file that was judged, the command that makes or checks it, and what it says."""

    path: Path
    command: str
    says: str

    def to_json(self) -> dict[str, str | None]:
        """With the hash of the file; null if it is not there, which E6 finds."""
        return {
            "path": self.path.as_posix(),
            "sha256": sha256(self.path) if self.path.is_file() else None,
            "command": self.command,
            "says": self.says,
        }


def made(path: Path, says: str) -> Evidence:
    """Evidence that a table of the results is."""
    return Evidence(path, f"make {path.as_posix()}", says)


def recorded(path: Path, says: str) -> Evidence:
    """Evidence that a recorded file is."""
    return Evidence(path, "python -m scripts.lib.manifest check", says)


@dataclass(frozen=True)
class Guardrail:
    """One rule judged. ``findings``: each names a file, a field and a fix; none if it holds."""

    name: str
    rule: str
    evidence: Sequence[Evidence]
    findings: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """As it stands in guardrails.json and in the summary."""
        return {
            "pass": not self.findings,
            "rule": self.rule,
            "evidence": [one.to_json() for one in self.evidence],
            "findings": list(shortened(self.findings)),
        }


def shortened(findings: Sequence[str]) -> Iterable[str]:
    """The first findings, and how many there are besides."""
    yield from findings[:MOST_LISTED]
    if len(findings) > MOST_LISTED:
        yield f"… and {len(findings) - MOST_LISTED} more of them"
