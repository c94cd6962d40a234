"""What each step cost when it ran last in this tree: CPU seconds and seconds, the dearest first.

Read off the log of events (scripts.lib.journal); a step with other options is another one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Cost = tuple[float, float]  # CPU seconds, seconds
# Options by which steps of one module are told apart.
_TOLD_BY = ("--teaching",)
LEAST_S = 1.0  # CPU seconds; cheaper ones are summed up


def costs(lines: Iterable[str]) -> dict[str, Cost]:
    """Step -> CPU seconds and seconds of its last run that ended well, the dearest first."""
    commands: dict[tuple[str, int], str] = {}
    found: dict[str, Cost] = {}
    for line in lines:
        event: dict[str, Any] = json.loads(line)
        run = event["step"], event["pid"]
        if event["event"] == "started":
            commands[run] = event["command"]
        elif event["status"] == 0 and "cpu_seconds" in event and run in commands:
            found[_name(event["step"], commands[run])] = event["cpu_seconds"], event["seconds"]
    return dict(sorted(found.items(), key=lambda one: (-one[1][0], one[0])))


def _name(step: str, command: str) -> str:
    words = command.split()
    told = [f"{one} {words[words.index(one) + 1]}" for one in _TOLD_BY if one in words]
    return " ".join([step.removeprefix("scripts."), *told])


def table(found: dict[str, Cost]) -> str:
    """The steps as a table in Markdown; cheap ones together, and all, as two last rows."""
    dear = {name: cost for name, cost in found.items() if cost[0] >= LEAST_S}
    rest = [cost for name, cost in found.items() if name not in dear]
    rows = {**dear, f"{len(rest)} others": _sum(rest), "all": _sum(found.values())}
    lines = [f"| {name} | {cpu:.1f} | {seconds:.1f} |" for name, (cpu, seconds) in rows.items()]
    return "\n".join(["| step | CPU seconds | seconds |", "| --- | --- | --- |", *lines])


def _sum(some: Iterable[Cost]) -> Cost:
    every = list(some)
    return sum(cpu for cpu, _ in every), sum(seconds for _, seconds in every)


def main() -> None:
    """Print the table of the log that is named."""
    print(table(costs(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())))


if __name__ == "__main__":
    main()
