"""What was registered of a GPU before it was measured, as the spec's lock holds it.

A registration is a table of proposals and a JSON beside it (scripts.tune.register). The lock holds
of each GPU a list of entries, oldest first: the hashes of both files, the figures that will be
judged, and the hash of every file of the code that judges them. An entry is added where that code
changes; none is ever edited.

A GPU that is recorded already can have a registration of its own for searches on it that nothing
recorded on it teaches: its name ends in ``-hidden``, and what it precedes are the studies that were
taught so, not the GPU's other recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from scripts.lib.files import InputError, read_json, sha256
from scripts.lib.imports import closure
from scripts.lib.spec import LOCK, read_lock, write_lock

REGISTERED = Path("data/registered")
# What judges: the replay, what is read off it, and the verdicts of finals.
JUDGES = (
    "scripts/transfer/evaluate.py",
    "scripts/statistics/cold.py",
    "scripts/lib/judging/decision.py",
)
# The same of searches on the GPU itself, which a hidden registration is about.
JUDGES_LIVE = (
    "scripts/tune/cold.py",
    "scripts/statistics/cold_live.py",
    "scripts/lib/judging/decision.py",
)
HIDDEN = "-hidden"
# Metric of COLD, or of COLD_LIVE -> what it is to reach; None: stated, whatever it is.
FIGURES = {
    "zero_median": 1.005, "zero_p95": 1.03, "mean_1": None, "mean_2": None, "mean_4": None,
    "mean_8": 1.003, "trials_median": 16.0, "win": None, "loss": None, "non_inferior": 0.98,
    "within_2": None,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """``date``: ISO 8601, UTC. ``registration``, ``table``: sha256 of DEVICE.json and .parquet.
    ``figures``: as FIGURES; what is neither win nor loss is a tie. ``judged_by``: file -> first 16
    digits of its sha256."""  # noqa: D205,D209

    date: str
    reason: str
    registration: str
    table: str
    figures: dict[str, float | None]
    judged_by: dict[str, str]


def name_of(device: str, *, hidden: bool) -> str:
    """Of a GPU's registration: of its files, and in the lock."""
    return f"{device}{HIDDEN}" if hidden else device


def is_hidden(name: str) -> bool:
    """Whether a registration is about searches that nothing recorded on its GPU teaches."""
    return name.endswith(HIDDEN)


def device_of(name: str) -> str:
    """The GPU of a registration."""
    return name.removesuffix(HIDDEN)


def entries(name: str, lock: Path = LOCK) -> list[Entry]:
    """Those of a registration, oldest first."""
    try:
        return [Entry(**one) for version in read_lock(lock)
                for one in version.registered.get(name, [])]  # fmt: skip
    except TypeError as error:
        raise InputError(f"{lock}: registered: {name}: {error}; restore it") from error


def lock_in(
    name: str, reason: str, date: str, folder: Path = REGISTERED, lock: Path = LOCK
) -> Entry:
    """Add an entry on a registration as it stands to the lock. InputError if nothing is new."""
    if not reason.strip():
        raise InputError("--reason is empty; say why it is locked, or locked anew")
    files = [folder / f"{name}.{kind}" for kind in ("json", "parquet")]
    stated, table = (sha256(path) for path in files)
    if read_json(files[0])["table_sha256"] != table:
        raise InputError(f"{files[1]}: is not the table that was registered; restore it")
    made = Entry(date, reason.strip(), stated, table, dict(FIGURES), judges(name))
    before = entries(name, lock)
    if before and replace(before[-1], date=date, reason=made.reason) == made:
        raise InputError(f"{lock}: {name}: is locked as it stands; nothing has changed")
    versions = read_lock(lock)
    if not versions:
        raise InputError(f"{lock}: holds no version of the spec; restore it")
    held = versions[-1].registered
    more = {**held, name: [*held.get(name, []), asdict(made)]}
    write_lock(lock, [*versions[:-1], replace(versions[-1], registered=more)])
    return made


def judges(name: str = "") -> dict[str, str]:
    """Every file of the code that judges a registration -> the beginning of its hash."""
    files = closure(Path(one) for one in (JUDGES_LIVE if is_hidden(name) else JUDGES))
    return {path.as_posix(): sha256(path)[:16] for path in files if path.suffix == ".py"}


def changed(entry: Entry, now: Mapping[str, str]) -> list[str]:
    """Files that judge otherwise than was locked: edited, added or gone; sorted."""
    every = {*entry.judged_by, *now}
    return sorted(name for name in every if entry.judged_by.get(name) != now.get(name))
