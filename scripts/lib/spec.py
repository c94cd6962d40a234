"""The locked spec: the numbers by which results are judged, fixed before they are measured.

``data/spec.yaml`` is what people read and edit. ``data/spec.lock.json`` holds every version of it
with its hash, date, reason and content, so that a machine without a YAML parser can read it and
what was recorded under an earlier version can still be judged by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, sha256, write_json

SPEC = Path("data/spec.yaml")
LOCK = Path("data/spec.lock.json")


@dataclass(frozen=True)
class Regression:
    """A slow-down counts beyond both, up to so many tokens."""

    tokens_up_to: int
    ratio: float
    us: float


@dataclass(frozen=True)
class Peaks:
    """Measured rates of a GPU: bytes/s, operations/s by scheme; ``source`` is the recorded file,
    ``sha256`` its hash."""  # noqa: D205,D209

    source: str
    sha256: str
    bandwidth_bytes_s: float
    flops_s: dict[str, float]


@dataclass(frozen=True)
class Spec:
    """One version of data/spec.yaml, where every field is explained."""

    version: int
    protocol_hash: str
    token_grid: list[int]
    trials: int
    trial_budgets: list[int]
    win_margin: float
    regression: dict[str, Regression]
    false_win_rate: float
    drift_band: float
    disturbance_band: float
    power_band: float
    logits_diff: float
    peaks: dict[str, Peaks]
    metrics: dict[str, str]


@dataclass(frozen=True)
class Locked:
    """One entry of the lock. ``sha256``: of the spec file's bytes. ``spec``: its plain content,
    of which an earlier version may have had other fields. ``registered``: GPU -> what was
    registered of it while the version was in force (scripts.lib.registration)."""  # noqa: D205,D209

    version: int
    sha256: str
    date: str
    reason: str
    spec: dict[str, Any]
    registered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """What stands in ledgers."""
        return self.sha256[:16]


def parse_spec(value: Any, where: str) -> Spec:
    """A spec from plain values; InputError naming a field that is missing, unknown or ill-typed."""
    nested = dict(value) if isinstance(value, dict) else value
    if isinstance(nested, dict):
        for name, kind in (("regression", Regression), ("peaks", Peaks)):
            parts = nested.get(name)
            if isinstance(parts, dict):
                nested[name] = {
                    key: _record(kind, part, f"{where}: {name}.{key}")
                    for key, part in parts.items()
                }
    spec: Spec = _record(Spec, nested, where)
    return spec


def _record(kind: Any, value: Any, where: str) -> Any:
    known = {one.name: str(one.type) for one in fields(kind)}
    found = set(value) if isinstance(value, dict) else set()
    if found != set(known):
        missing, extra = sorted(set(known) - found), sorted(map(str, found - set(known)))
        raise InputError(f"{where}: missing fields {missing}, unknown fields {extra}")
    for name, type_name in known.items():
        if not _fits(value[name], type_name.split("[")[0]):
            raise InputError(f"{where}: {name} is {value[name]!r}, expected {type_name}")
    return kind(**value)


def _fits(value: Any, type_name: str) -> bool:
    accepted: dict[str, Any] = {
        "int": int, "float": (int, float), "str": str, "list": list, "dict": dict,
    }  # fmt: skip
    # YAML reads 4.3e12 as text and yes as true.
    return isinstance(value, accepted[type_name]) and not isinstance(value, bool)


def read_lock(lock: Path = LOCK) -> list[Locked]:
    """All versions, oldest first; empty if there is no lock yet."""
    if not lock.exists():
        return []
    entries = read_json(lock)
    if not isinstance(entries, list):
        raise InputError(f"{lock}: holds no list of versions; restore it")
    try:
        return [Locked(**entry) for entry in entries]
    except TypeError as error:
        raise InputError(f"{lock}: not a lock of versions ({error}); restore it") from error


def write_lock(lock: Path, versions: Iterable[Locked]) -> None:
    """Write all versions; where nothing was registered, nothing is said of it."""
    plain = [asdict(version) for version in versions]
    write_json(lock, [{k: v for k, v in one.items() if k != "registered" or v} for one in plain])


def locked_spec(spec: Path = SPEC, lock: Path = LOCK) -> Locked:
    """The version in force; InputError if the spec's file is not what was locked last."""
    versions = read_lock(lock)
    try:
        found = sha256(spec)
    except FileNotFoundError as error:
        raise InputError(f"{spec}: not found; restore it") from error
    if not versions or versions[-1].sha256 != found:
        raise InputError(
            f"{spec}: is not what {lock} holds; a change is a new version with a reason: "
            'python -m scripts.ledger.spec --reason "…"'
        )
    return versions[-1]


def read_spec(spec: Path = SPEC, lock: Path = LOCK) -> Spec:
    """The spec in force; InputError as ``locked_spec``."""
    return parse_spec(locked_spec(spec, lock).spec, str(lock))


def spec_hash(spec: Path = SPEC, lock: Path = LOCK) -> str:
    """First 16 hex digits of the SHA-256 of the spec's file; InputError as ``locked_spec``."""
    return locked_spec(spec, lock).hash
