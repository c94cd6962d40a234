"""G6: what is proposed on a GPU was registered before its first run, and is judged as registered.

The spec's lock holds each registration's hashes, the figures to be judged and the code that judges
(scripts.lib.registration). Once a GPU has runs, none of these may be another one than was locked
before the first of them; that code changed since is no offence if the lock says so with a reason,
and then it is told. Of a registration of searches that nothing recorded on the GPU teaches, the
runs are those of studies that were taught so, and of the finals that judge them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.claims.guardrail import Evidence, Guardrail
from scripts.lib.files import read_json, sha256
from scripts.lib.recordings import GPU_OUT, finals_of, studies
from scripts.lib.registration import (
    REGISTERED,
    Entry,
    changed,
    device_of,
    entries,
    is_hidden,
    judges,
)
from scripts.lib.spec import LOCK, read_lock

RULE = "what is proposed on a GPU is registered before its first run, and judged as registered"
_MOST = 5  # files that are named


def judge_registered(
    scanned: Mapping[str, Any], folder: Path = REGISTERED, lock: Path = LOCK
) -> Guardrail:
    """G6. ``scanned``: what the ledger scan found."""
    names = {path.stem for path in folder.glob("*.json")}
    names |= {name for version in read_lock(lock) for name in version.registered}
    findings, evidence = list[str](), list[Evidence]()
    for name in sorted(names):
        first, held = first_run(scanned, name), entries(name, lock)
        findings += _files(name, held, folder, lock)
        if held and first:
            findings += _order(name, held, first, lock)
        path = folder / f"{name}.json"
        check = f"{_command(name)} --out {folder.as_posix()} --check"
        evidence.append(Evidence(path, check, _says(name, held, first)))
    return Guardrail("G6", RULE, evidence or [Evidence(lock, "make", "none")], findings)


def _command(name: str) -> str:
    hidden = " --hidden" if is_hidden(name) else ""
    return f"python -m scripts.tune.register --device {device_of(name)}{hidden}"


def taught_by_others() -> set[str]:
    """The ledgers of studies that nothing recorded on their GPU taught, and of their finals."""
    found = studies(GPU_OUT)
    return {path for one in (*found, *finals_of(found)) for path in one.ledger_paths}


def first_run(scanned: Mapping[str, Any], name: str) -> str:
    """When the first run that a registration must precede began, ISO 8601; empty if there is none:
    on its GPU, over all ledgers, or of a hidden one over those that ``taught_by_others`` has."""  # noqa: D205,D209
    ledgers = scanned.get("ledgers", [])
    if is_hidden(name):
        wanted = taught_by_others()
        ledgers = [one for one in ledgers if one.get("ledger") in wanted]
    began = (one.get("began", {}).get(device_of(name)) for one in ledgers)
    return min((date for date in began if date), default="")


def _files(name: str, held: list[Entry], folder: Path, lock: Path) -> Iterator[str]:
    if not held:
        yield (
            f"{lock}: registered: {name} is not there; "
            f"{_command(name)} --out {folder} --amend REASON"
        )
        return
    path, table = folder / f"{name}.json", folder / f"{name}.parquet"
    for file, wanted in ((path, held[-1].registration), (table, held[-1].table)):
        if not file.is_file():
            yield f"{file}: was registered and is gone; restore it"
        elif sha256(file) != wanted:
            yield f"{file}: sha256 is not the one that {lock} holds; restore it"
    if path.is_file() and table.is_file() and read_json(path)["table_sha256"] != sha256(table):
        yield f"{path}: table_sha256 is not that of {table}; restore them"


def _order(name: str, held: list[Entry], first: str, lock: Path) -> Iterator[str]:
    """What the first run fixes: the registration, its figures, and the code that judges."""
    before = [entry for entry in held if entry.date < first]
    if not before:
        yield (
            f"{lock}: registered: {name}: {held[0].date} is not before the first run, {first}; "
            "what was measured cannot be judged as registered"
        )
        return
    after = held[len(before) :]
    for what in ("registration", "table", "figures"):
        if any(getattr(entry, what) != getattr(before[-1], what) for entry in after):
            yield f"{lock}: registered: {name}: {what} was changed after {first}; restore it"
    files = changed(held[-1], judges(name))
    if files:
        more = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
        yield (
            f"{', '.join(files[:_MOST])}{more}: judges {name} otherwise than was locked on "
            f"{held[-1].date}; restore it, or say why with scripts.tune.register --amend"
        )


def _says(name: str, held: list[Entry], first: str) -> str:
    if not held:
        return f"{name} is not in the lock"
    figures = f"{len(held[0].figures)} figures, {len(held[0].judged_by)} files of code"
    later = [f"{one.date} ({one.reason})" for one in held if first and one.date >= first]
    amended = f"; judged by other code since {', '.join(later)}" if later else ""
    run = f"first run {first}" if first else "no run yet"
    return f"{name}: locked {held[0].date} with {figures}; {run}{amended}"
