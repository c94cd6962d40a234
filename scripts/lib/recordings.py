"""What was recorded, and in which role: the registry that all who read recordings ask.

``data/recordings.yaml`` is what people edit. A machine without a YAML parser reads the same as
JSON, which the workflow writes among the corpus's tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

from scripts.lib.device import find_device
from scripts.lib.files import InputError, read_json, read_yaml
from scripts.lib.names import unknown_name

YAML, JSON = Path("data/recordings.yaml"), Path("results/tables/corpus/recordings.json")
_RECORDED = PurePosixPath("data/recorded")


class Scope(StrEnum):
    """What is timed as one trial."""

    TWO_GEMM = "two_gemm"  # both GEMMs and the activation, graphx's own kernels
    LAYER = "layer"  # the whole MoE layer, graphx's own kernels
    OP = "op"  # the runtime's own operator
    ENGINE = "engine"  # a running engine


# What taught a study's searches, as scripts.lib.teaching has it: all that was recorded but the
# layer, or nothing that was recorded on the GPU.
LAYER_OUT, GPU_OUT = TEACHINGS = ("layer_out", "gpu_out")


class Role(StrEnum):
    """What a recording is for."""

    COMPLETE = "complete"  # cells with every legal config
    CORPUS = "corpus"  # every committed config of the GPU's files
    REPEAT = "repeat"  # another recording's cells once more
    STUDY = "study"  # searches on the GPU itself
    FINALS = "finals"  # what a study chose, in finals of its own
    RUNTIME = "runtime"  # cells under a runtime's own operator
    BESIDE = "beside"  # the same cells under another runtime's operator, or once more
    AUDIT = "audit"  # tuners put to the test on the GPU itself
    AUDIT_BEFORE = "audit_before"  # the same, earlier: what the race learned from
    ENGINE = "engine"  # a runtime's engine, booted under several config files
    KERNEL_TIMES = "kernel_times"  # GEMMs of a runtime's operator, timed one by one
    LOADED = "loaded"  # what a runtime's own loader said of config files
    EVIDENCE = "evidence"  # a suite's legs on a running engine
    RERUN = "rerun"  # the same suite later, on another machine
    MODEL = "model"  # weights that an engine is asked with
    TUNED = "tuned"  # runs of the command that tunes a layer
    TUNING = "tuning"  # that command timed, one layer again and again
    RIVALS = "rivals"  # searches too dear to be run again
    COST = "cost"  # what tuning a file costs
    PEAKS = "peaks"  # measured rates of a GPU
    MATRIX = "matrix"  # an engine's switches, cell by cell
    MATRIX_EARLIER = "matrix_earlier"  # the same before, that the GPU's matrix is compared with
    MATRIX_SLOWED = "matrix_slowed"  # engines slowed for real, to see that level 5 finds them
    CORRECTNESS = "correctness"  # kernels against the reference


# Where recordings of a role lie, and as what: {} is the name.
_PLACES = {
    **dict.fromkeys(
        (
            Role.COMPLETE,
            Role.CORPUS,
            Role.REPEAT,
            Role.STUDY,
            Role.FINALS,
            Role.RUNTIME,
            Role.BESIDE,
        ),
        "measured/{}",
    ),
    **dict.fromkeys((Role.AUDIT, Role.AUDIT_BEFORE), "audit/{}"),
    Role.ENGINE: "engine/{}",
    Role.KERNEL_TIMES: "kernel_times/{}.jsonl",
    Role.LOADED: "loaded/{}.jsonl",
    **dict.fromkeys((Role.EVIDENCE, Role.RERUN), "evidence/{}"),
    Role.MODEL: "models/{}",
    Role.TUNED: "tuned/{}",
    Role.TUNING: "tuning/{}.jsonl.xz",
    Role.RIVALS: "searches/{}.parquet",
    Role.COST: "cost/{}.json",
    **dict.fromkeys((Role.MATRIX, Role.MATRIX_EARLIER, Role.MATRIX_SLOWED), "matrix/{}.jsonl.xz"),
    Role.PEAKS: "peaks/{}.json",
    Role.CORRECTNESS: "correctness/{}.parquet",
}
# Roles of which the results say what was measured on a GPU, cell by cell.
DATASETS = (Role.COMPLETE, Role.CORPUS)
# What is measured once more, and in which role that was recorded first.
_REPEATED = {
    Role.REPEAT: DATASETS,
    Role.FINALS: (Role.STUDY,),
    Role.RERUN: (Role.EVIDENCE,),
}


@dataclass(frozen=True)
class Recording:
    """An entry of the registry; its fields are the keys of the file.

    ``device``: None without a GPU. ``kernels``: hashes of the kernels' source in its runs.
    ``teaching``: of a study one of TEACHINGS, LAYER_OUT if it says nothing; else None.
    """

    name: str
    role: Role
    scope: Scope
    device: str | None = None
    repeats: str | None = None
    ledgers: tuple[str, ...] = ("ledger.columns.xz",)
    kernels: tuple[str, ...] = ()
    teaching: str | None = None

    @property
    def path(self) -> str:
        """Its file, or the folder of its files."""
        return (_RECORDED / _PLACES[self.role].format(self.name)).as_posix()

    @property
    def ledger_paths(self) -> list[str]:
        """Its ledgers; none of a recording that is one file."""
        return [] if PurePosixPath(self.path).suffix else [f"{self.path}/{n}" for n in self.ledgers]


def recordings(*role: Role | str, device: str | None = None) -> list[Recording]:
    """Those of the roles and the GPU, in the registry's order; all, if none is given.

    InputError if the registry is not as it should be, or a role is unknown.
    """
    known = [str(one) for one in Role]
    for one in role:
        if one not in known:
            raise unknown_name("role", one, known)
    source = YAML if find_spec("yaml") else JSON
    return [
        one
        for one in _registry(source)
        if (not role or one.role in role) and device in (None, one.device)
    ]


def studies(teaching: str) -> list[Recording]:
    """The recorded studies whose searches were taught so, in the registry's order."""
    return [one for one in recordings(Role.STUDY) if one.teaching == teaching]


def finals_of(found: Sequence[Recording]) -> list[Recording]:
    """The recordings of finals in which choices of these studies were judged once more."""
    names = {one.name for one in found}
    return [one for one in recordings(Role.FINALS) if one.repeats in names]


def measured_devices() -> list[str]:
    """The GPUs of which datasets are recorded, sorted."""
    return sorted({one.device for one in recordings(*DATASETS) if one.device})


@cache
def _registry(source: Path) -> tuple[Recording, ...]:
    return parse(read_yaml(source) if source == YAML else read_json(source), source)


def parse(entries: Any, source: Path) -> tuple[Recording, ...]:
    """The entries, checked. InputError names the file, the entry and the key."""
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise InputError(f"{source}: a list of recordings is wanted, each with its keys")
    found = tuple(_entry(one, f"{source}: {one.get('name', f'entry {n}')}")
                  for n, one in enumerate(entries, start=1))  # fmt: skip
    taken: set[str] = set()
    for one in found:
        if one.path in taken:
            raise InputError(f"{source}: {one.name}: {one.path} is listed twice; remove one")
        taken.add(one.path)
    for one in found:
        _check_repeats(one, found, source)
    return found


def _check_repeats(one: Recording, every: Sequence[Recording], source: Path) -> None:
    first = _REPEATED.get(one.role, ())
    if bool(first) != (one.repeats is not None):
        roles = ", ".join(_REPEATED)
        raise InputError(f"{source}: {one.name}: the roles {roles}, and no others, have repeats")
    names = {other.name for other in every if other.role in first}
    if one.repeats is not None and one.repeats not in names:
        raise unknown_name(f"{source}: {one.name}: repeats", one.repeats, names)


def _entry(entry: Mapping[str, Any], where: str) -> Recording:
    known = {one.name: one for one in fields(Recording)}
    for key in entry:
        if key not in known:
            raise InputError(f"{where}: {unknown_name('key', str(key), known)}")
    lacking = [key for key, one in known.items() if one.default is MISSING and key not in entry]
    if lacking:
        raise InputError(f"{where}: lacks the key {', '.join(lacking)}; keys: {', '.join(known)}")
    values: dict[str, Any] = {key: _value(key, value, where) for key, value in entry.items()}
    if values.get("device") is not None:
        find_device(values["device"])
    elif values["role"] is not Role.CORRECTNESS:
        raise InputError(f"{where}: lacks the key device; only correctness is checked without one")
    if values["role"] is Role.STUDY:
        values.setdefault("teaching", LAYER_OUT)
    elif "teaching" in values:
        raise InputError(f"{where}: teaching: the role {Role.STUDY}, and no other, has it")
    return Recording(**values)


def _value(key: str, value: Any, where: str) -> Any:
    if key in ("ledgers", "kernels"):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise InputError(f"{where}: {key}: a list of names in quotes is wanted")
        return tuple(value)
    if not isinstance(value, str) or not value:
        raise InputError(f"{where}: {key}: {value!r} is no name")
    if key in ("role", "scope"):
        kind = Role if key == "role" else Scope
        if value not in set(kind):
            raise InputError(f"{where}: {unknown_name(key, value, kind)}")
        return kind(value)
    if key == "teaching" and value not in TEACHINGS:
        raise InputError(f"{where}: {unknown_name(key, value, TEACHINGS)}")
    return value
