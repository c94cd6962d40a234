"""G6: what is proposed on a GPU was registered before its first run, and is judged as registered.

The spec's lock holds each registration's hashes, the figures to be judged and the code that judges
(scripts.lib.registration). Once a GPU has runs, none of these may be another one than was locked
before the first of them; that code changed since is no offence if the lock says so with a reason,
and then it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.claims.guardrail import Evidence, Guardrail
from scripts.lib.files import read_json, sha256
from scripts.lib.registration import REGISTERED, Entry, changed, entries, judges
from scripts.lib.spec import LOCK, read_lock

RULE = "what is proposed on a GPU is registered before its first run, and judged as registered"
_MOST = 5  # files that are named


def judge_registered(
    scanned: Mapping[str, Any], folder: Path = REGISTERED, lock: Path = LOCK
) -> Guardrail:
    """G6. ``scanned``: what the ledger scan found."""
    devices = {path.stem for path in folder.glob("*.json")}
    devices |= {name for version in read_lock(lock) for name in version.registered}
    findings, evidence = list[str](), list[Evidence]()
    for device in sorted(devices):
        first, held = first_run(scanned, device), entries(device, lock)
        findings += _files(device, held, folder, lock)
        if held and first:
            findings += _order(device, held, first, lock)
        path = folder / f"{device}.json"
        check = f"python -m scripts.tune.register --device {device} --out {folder.as_posix()}"
        evidence.append(Evidence(path, f"{check} --check", _says(device, held, first)))
    return Guardrail("G6", RULE, evidence or [Evidence(lock, "make", "none")], findings)


def first_run(scanned: Mapping[str, Any], device: str) -> str:
    """When the first run on a GPU began, ISO 8601, over all ledgers; empty if there is none."""
    began = (one.get("began", {}).get(device) for one in scanned.get("ledgers", []))
    return min((date for date in began if date), default="")


def _files(device: str, held: list[Entry], folder: Path, lock: Path) -> Iterator[str]:
    if not held:
        yield (
            f"{lock}: registered: {device} is not there; "
            f"python -m scripts.tune.register --device {device} --out {folder} --amend REASON"
        )
        return
    path, table = folder / f"{device}.json", folder / f"{device}.parquet"
    for file, wanted in ((path, held[-1].registration), (table, held[-1].table)):
        if not file.is_file():
            yield f"{file}: was registered and is gone; restore it"
        elif sha256(file) != wanted:
            yield f"{file}: sha256 is not the one that {lock} holds; restore it"
    if path.is_file() and table.is_file() and read_json(path)["table_sha256"] != sha256(table):
        yield f"{path}: table_sha256 is not that of {table}; restore them"


def _order(device: str, held: list[Entry], first: str, lock: Path) -> Iterator[str]:
    """What a GPU's first run fixes: the registration, its figures, and the code that judges."""
    before = [entry for entry in held if entry.date < first]
    if not before:
        yield (
            f"{lock}: registered: {device}: {held[0].date} is not before the first run, {first}; "
            "what was measured cannot be judged as registered"
        )
        return
    after = held[len(before) :]
    for name in ("registration", "table", "figures"):
        if any(getattr(entry, name) != getattr(before[-1], name) for entry in after):
            yield f"{lock}: registered: {device}: {name} was changed after {first}; restore it"
    files = changed(held[-1], judges())
    if files:
        more = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
        yield (
            f"{', '.join(files[:_MOST])}{more}: judges {device} otherwise than was locked on "
            f"{held[-1].date}; restore it, or say why with scripts.tune.register --amend"
        )


def _says(device: str, held: list[Entry], first: str) -> str:
    if not held:
        return f"{device} is not in the lock"
    figures = f"{len(held[0].figures)} figures, {len(held[0].judged_by)} files of code"
    later = [f"{one.date} ({one.reason})" for one in held if first and one.date >= first]
    amended = f"; judged by other code since {', '.join(later)}" if later else ""
    run = f"first run {first}" if first else "no run yet"
    return f"{device}: locked {held[0].date} with {figures}; {run}{amended}"
