"""The ledgers: what the integrity scan read, and what it found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from scripts.lib.files import InputError, read_json
from scripts.report.section import Figure, Finding, Section, Summary, made_json
from scripts.report.traced import count

COUNTS = ("lines", "runs", "attempts", "cells", "findings")


def ledgers(scanned: dict[str, Any]) -> Figure:
    """By dataset, which the folder names: lines by kind and findings, of all of its ledgers.

    ``scanned``: as scripts.ledger.scan writes it. KeyError on a missing field.
    """
    found: Figure = {}
    for one in scanned["ledgers"]:
        own = found.setdefault(PurePosixPath(one["ledger"]).parent.name, dict.fromkeys(COUNTS, 0))
        for name in COUNTS:
            own[name] += int(one[name])
    return found


def read_ledgers(path: Path) -> Figure:
    """The section from a file; InputError names the missing field."""
    try:
        return ledgers(read_json(path))
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: lacks {error}; scan the ledgers again") from error


LEDGER = made_json("ledger", "ledger.scan", read_ledgers)


def found(summary: Summary) -> Iterator[Finding]:
    """Over all ledgers: how much was read, and what was found."""
    every = summary["ledger"].values()
    lines, attempts, findings = (
        sum(one[name] for one in every) for name in ("lines", "attempts", "findings")
    )
    yield Finding(
        "Scanned",
        f"{lines:,} lines with {attempts:,} attempts of {count(summary['ledger'])} datasets;"
        f" findings: {findings}",
        "",
    )


SECTION = Section(
    "ledger",
    about="whether a record is what its run wrote",
    found=found,
    do="scan a ledger before it becomes the record: `python -m scripts.ledger.scan --ledger …`.",
    links={"ledger": "Integrity of the ledgers"},
    origins={"ledger": [LEDGER]},
    build=lambda read: {"ledger": read["ledger"]},
)
