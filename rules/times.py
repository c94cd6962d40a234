"""How long each step took when it ran last in this tree, beside whatever else ran; longest first.

Read off the log of events (scripts.lib.journal); a step with other options is another one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Options by which steps of one module are told apart.
_TOLD_BY = ("--teaching",)
LEAST_S = 1.0  # shorter ones are summed up


def seconds_of(lines: Iterable[str]) -> dict[str, float]:
    """Step -> seconds of its last run that ended well, the longest first."""
    commands: dict[tuple[str, int], str] = {}
    found: dict[str, float] = {}
    for line in lines:
        event: dict[str, Any] = json.loads(line)
        run = event["step"], event["pid"]
        if event["event"] == "started":
            commands[run] = event["command"]
        elif event["status"] == 0 and run in commands:
            found[_name(event["step"], commands[run])] = event["seconds"]
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def _name(step: str, command: str) -> str:
    words = command.split()
    told = [f"{one} {words[words.index(one) + 1]}" for one in _TOLD_BY if one in words]
    return " ".join([step.removeprefix("scripts."), *told])


def table(found: dict[str, float]) -> str:
    """The steps as a table in Markdown; short ones together, and all, as two last rows."""
    long = {name: seconds for name, seconds in found.items() if seconds >= LEAST_S}
    rest = [seconds for name, seconds in found.items() if name not in long]
    rows = {**long, f"{len(rest)} others": sum(rest), "all": sum(found.values())}
    lines = [f"| {name} | {seconds:.1f} |" for name, seconds in rows.items()]
    return "\n".join(["| step | seconds |", "| --- | --- |", *lines])


def main() -> None:
    """Print the table of the log that is named."""
    print(table(seconds_of(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())))


if __name__ == "__main__":
    main()
