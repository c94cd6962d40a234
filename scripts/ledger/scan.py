"""Check the integrity of ledgers: every violation is listed with file, line, field and fix.

Looks for lines edited, deleted, added or torn; fields missing; lines outside their run; runs under
no locked spec or whose command could not be given again; candidates with two outcomes; wrong
`supersedes`; attempts and finals that repeat what was measured elsewhere, in any of the ledgers, or
a baseline's values (scripts.ledger.checks.copies says by which rule).

Exit status: 0 nothing found; 1 something was found; 2 a ledger could not be read.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from scripts.ledger.checks.candidates import duplicates, wrong_links
from scripts.ledger.checks.chain import broken_links
from scripts.ledger.checks.copies import Replays, copied_baselines, copied_finals
from scripts.ledger.checks.fields import wrong_fields
from scripts.ledger.checks.finding import RESTORE, Finding, Ledger
from scripts.ledger.checks.runs import stray_lines, wrong_commands, wrong_specs
from scripts.lib import command_line
from scripts.lib.chain import Line, check_chain
from scripts.lib.files import write_json
from scripts.lib.log import run_main
from scripts.lib.spec import read_lock

log = logging.getLogger("scan")


def scan(
    path: Path, locked: Collection[str], replays: Replays
) -> tuple[dict[str, Any], list[Finding]]:
    """Number of lines by kind (and of all, as ``lines``), and the findings in order of the lines.

    With them ``began``: GPU -> when the first run on it did, ISO 8601.
    ``locked``: hashes of the locked spec's versions. ``replays``: what earlier ledgers measured.
    """
    lines, name = list(check_chain(path)), path.as_posix()
    findings = list(broken_links(name, lines))
    sound: list[Line] = []
    for line in lines:
        if not line.hash:
            continue
        wrong = [Finding(name, line.number, *what, RESTORE) for what in wrong_fields(line.body)]
        findings += wrong
        sound += [] if wrong else [line]
    findings += _of_content(Ledger(name, sound), locked, replays)
    counts = Counter(line.body["kind"] for line in sound)
    counted = {"lines": len(lines), **counts, "began": began(sound)}
    return counted, sorted(findings, key=lambda finding: finding.line)


def began(lines: Iterable[Line]) -> dict[str, str]:
    """GPU -> start of the first of a ledger's runs on it."""
    found: dict[str, str] = {}
    for line in lines:
        if line.body["kind"] == "run":
            device, started = line.body["gpu"].get("device"), line.body["started"]
            if device is not None:
                found[device] = min(started, found.get(device, started))
    return found


def _of_content(ledger: Ledger, locked: Collection[str], replays: Replays) -> Iterator[Finding]:
    yield from stray_lines(ledger)
    yield from wrong_specs(ledger, locked)
    yield from wrong_commands(ledger)
    yield from duplicates(ledger)
    yield from wrong_links(ledger)
    yield from replays.find(ledger)
    yield from copied_baselines(ledger)
    yield from copied_finals(ledger)


def _alone(path: Path, locked: Collection[str]) -> tuple[dict[str, Any], list[Finding], Any]:
    """As ``scan``, of a ledger by itself; and the marks of what it measured."""
    replays = Replays()
    counts, findings = scan(path, locked, replays)
    return counts, findings, replays.marks()


def _side_by_side(
    paths: Sequence[Path], locked: Collection[str], processes: int
) -> list[tuple[dict[str, Any], list[Finding]]] | None:
    """What ``scan`` gives of each ledger; None if one may repeat what another measured.

    Which line repeats which is then to be found in the order of the ledgers, one after the other.
    """
    largest_first = sorted(paths, key=lambda path: -path.stat().st_size if path.is_file() else 0)
    # Of millions of values none is in a cycle: to look for some takes a third of the time.
    with ProcessPoolExecutor(min(processes, len(paths)), initializer=gc.disable) as pool:
        jobs = {path: pool.submit(_alone, path, locked) for path in largest_first}
        done = [jobs[path].result() for path in paths]
    marks = np.concatenate([one[2] for one in done])
    if len(np.unique(marks)) < len(marks):
        return None
    return [(counts, findings) for counts, findings, _ in done]


def _each(paths: Sequence[Path], processes: int) -> Iterator[tuple[dict[str, Any], list[Finding]]]:
    locked = {version.hash for version in read_lock()}
    if processes > 1 and len(set(paths)) == len(paths) > 1:
        found = _side_by_side(paths, locked, processes)
        if found is not None:
            yield from found
            return
    replays = Replays()
    yield from (scan(path, locked, replays) for path in paths)


def report(paths: Sequence[Path], processes: int = 1) -> dict[str, Any]:
    """What --json prints: per ledger the number of lines, runs, attempts, cells and findings, and
    all findings. The same whatever the number of processes."""  # noqa: D205,D209
    ledgers, every = [], list[Finding]()
    for path, (counts, findings) in zip(paths, _each(paths, processes), strict=True):
        log.info("%s: %d lines, %d findings", path, counts["lines"], len(findings))
        ledgers.append(
            {
                "ledger": path.as_posix(),
                "lines": counts["lines"],
                "runs": counts.get("run", 0),
                "attempts": counts.get("attempt", 0),
                "cells": counts.get("cell", 0),
                "findings": len(findings),
                "began": counts["began"],
            }
        )
        every += findings
    return {"version": 1, "ledgers": ledgers, "findings": [one._asdict() for one in every]}


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    parser = command_line.parser(
        __doc__,
        "example: python -m scripts.ledger.scan --ledger build/ledger.jsonl "
        "data/recorded/measured/*/ledger.columns.xz",
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        nargs="+",
        required=True,
        help="plain, .gz, .xz or .columns.xz",
    )
    parser.add_argument("--json", action="store_true", help="print counts and findings as JSON")
    parser.add_argument("--out", type=Path, help="file to write the same JSON into")
    parser.add_argument("--processes", type=int, default=1, help="ledgers read at a time")
    args = parser.parse_args(argv)
    found = False

    def body() -> None:
        nonlocal found
        result = report(args.ledger, args.processes)
        found = bool(result["findings"])
        if args.json:
            print(json.dumps(result, indent=2))
        else:
            for one in result["findings"]:
                print(Finding(**one))
        if args.out:
            write_json(args.out, result)

    return run_main(body, lambda: int(found))


if __name__ == "__main__":
    sys.exit(main())
