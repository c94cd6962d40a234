"""Put what was measured together as recordings are kept, with their entries for the registry."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.lib.chain import read_chain
from scripts.lib.columns import SUFFIX
from scripts.lib.files import write_text
from scripts.lib.recordings import GPU_OUT, Recording, Role, Scope
from scripts.tune.survey.child import watch
from scripts.tune.survey.parts import Kind, Part, Survey
from scripts.tune.survey.steps import file_of, ledger_of

LOG = logging.getLogger("record")
RECORDED, ENTRIES, MODEL = "recorded", "recordings.yaml", "model.json.xz"
ARCHIVE = f"ledger{SUFFIX}"
# Roles beside which the model lies that stamped their plans; the first that is there has it.
STAMPED = (Role.CORPUS, Role.COMPLETE)
LEAST_COLLECT_S = 10.0
# Of a ledger of 103 MB and 135,663 trials on one core of an AMD EPYC: scan 5.2 s, archive 23.5 s.
BYTE_S, TRIAL_BYTES = 28.7 / 103e6, 103e6 / 135663


def seconds_of(parts: Sequence[Part], folder: Path, trials: int) -> float:
    """About how long ``collect`` takes if these parts are measured, one of them with more trials.

    A ledger that has been archived as it is takes nothing.
    """
    waiting = {ledger_of(part, folder) for part in parts if not _is_archived(part, folder)}
    size = sum(path.stat().st_size for path in waiting if path is not None and path.exists())
    return LEAST_COLLECT_S + BYTE_S * (size + trials * TRIAL_BYTES)


def _target(one: Recording, folder: Path) -> Path:
    return folder / RECORDED / Path(one.path).relative_to("data/recorded")


def _recording(part: Part, device: str | None = None) -> Recording:
    # As scripts.tune.survey.steps has studies taught.
    teaching = GPU_OUT if part.kind is Kind.STUDY else None
    return Recording(
        part.recording, part.role, Scope.TWO_GEMM, device, part.repeats, teaching=teaching
    )


def _is_archived(part: Part, folder: Path) -> bool:
    """Whether the archive of its ledger is younger than the ledger."""
    ledger, out = ledger_of(part, folder), _target(_recording(part), folder) / ARCHIVE
    if ledger is None or not ledger.exists() or not out.exists():
        return False
    return out.stat().st_mtime_ns > ledger.stat().st_mtime_ns


def collect(survey: Survey, folder: Path, until: float) -> list[Recording]:
    """Archive every ledger that holds a whole cell, copy files; the entries, also written.

    A ledger in which the scan finds something is left out, and told.
    """
    made: list[Recording] = []
    for first in _distinct(survey.parts):
        one = _entry(survey, first, folder)
        if one is None:
            continue
        target = _target(one, folder)
        ledger = ledger_of(first, folder)
        if ledger is None:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file_of(first, folder), target)
        elif not (
            _is_archived(first, folder) or _archived(ledger, target / ARCHIVE, folder, until)
        ):
            continue
        made.append(one)
    _model(made, folder)
    write_text(folder / ENTRIES, "\n".join(_yaml(one) for one in _known(made)))
    for one in made:
        LOG.info("%s: recorded as %s", one.name, one.path)
    return made


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """One part of each recording, in their order."""
    return list({(part.recording, part.role): part for part in reversed(parts)}.values())[::-1]


def _entry(survey: Survey, part: Part, folder: Path) -> Recording | None:
    """Its entry of the registry; None as long as nothing of it is whole."""
    one = _recording(part, survey.device)
    ledger = ledger_of(part, folder)
    if ledger is None:
        return one if file_of(part, folder).exists() else None
    kernels, whole = list[str](), False
    for body in read_chain(ledger) if ledger.exists() else ():
        whole = whole or body["kind"] == "cell"
        if body["kind"] == "run" and body["kernel_hash"] not in kernels:
            kernels.append(body["kernel_hash"])
    if not whole:
        return None
    return replace(one, kernels=tuple(kernels))


def _archived(ledger: Path, out: Path, folder: Path, until: float) -> bool:
    """Scan and archive a ledger; whether both went well."""
    log = folder / "logs" / "collect.log"
    for command in (
        ["scripts.ledger.scan", "--ledger", str(ledger)],
        ["scripts.ledger.archive", "--ledger", str(ledger), "--out", str(out)],
    ):
        if watch(command, log, until, lambda words: LOG.info("%s: %s", out.parent.name, words)):
            LOG.info("%s: %s failed, see %s", ledger, command[0], log)
            return False
    return True


def _known(made: Iterable[Recording]) -> list[Recording]:
    """Without those that repeat what is not there."""
    found = list(made)
    names = {one.name for one in found}
    return [one for one in found if one.repeats is None or one.repeats in names]


def _model(made: Sequence[Recording], folder: Path) -> None:
    stamped = [one for role in STAMPED for one in made if one.role is role]
    if stamped and (folder / MODEL).exists():
        shutil.copyfile(folder / MODEL, _target(stamped[0], folder) / MODEL)


def _yaml(one: Recording) -> str:
    """As data/recordings.yaml has entries; no YAML writer is needed where there is a GPU."""
    lines = [f"- name: {one.name}", f"  role: {one.role}", f"  device: {one.device}"]
    lines.append(f"  scope: {one.scope}")
    if one.repeats is not None:
        lines.append(f"  repeats: {one.repeats}")
    if one.teaching is not None:
        lines.append(f"  teaching: {one.teaching}")
    if one.kernels:
        hashes = ", ".join(f'"{digest}"' for digest in one.kernels)
        lines.append(f"  kernels: [{hashes}]")
    return "\n".join(lines) + "\n"
