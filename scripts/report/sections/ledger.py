"""The ledgers: what the integrity scan read, and what it found."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from scripts.lib.files import InputError, read_json
from scripts.report.section import Figure, Section, made_json

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
SECTION = Section(
    "ledger",
    about="whether a record is what its run wrote",
    links={"ledger": "Integrity of the ledgers"},
    origins={"ledger": [LEDGER]},
    build=lambda read: {"ledger": read["ledger"]},
)
