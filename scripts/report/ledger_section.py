"""Section of the summary on the ledgers: what the integrity scan read, and what it found."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from scripts.lib.files import InputError, read_json

Section = dict[str, Any]
COUNTS = ("lines", "runs", "attempts", "cells", "findings")


def ledgers(scanned: dict[str, Any]) -> Section:
    """By dataset, which the folder names: lines by kind and findings, of all of its ledgers.

    ``scanned``: as scripts.ledger.scan writes it. KeyError on a missing field.
    """
    found: Section = {}
    for one in scanned["ledgers"]:
        own = found.setdefault(PurePosixPath(one["ledger"]).parent.name, dict.fromkeys(COUNTS, 0))
        for name in COUNTS:
            own[name] += int(one[name])
    return found


def read_ledgers(path: Path) -> Section:
    """The section from a file; InputError names the missing field."""
    try:
        return ledgers(read_json(path))
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: lacks {error}; scan the ledgers again") from error
