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
from scripts.lib.recordings import Recording, Role, Scope
from scripts.tune.survey.child import watch
from scripts.tune.survey.parts import Part, Survey
from scripts.tune.survey.steps import file_of, ledger_of

LOG = logging.getLogger("record")
RECORDED, ENTRIES, MODEL = "recorded", "recordings.yaml", "model.json.xz"
# Roles beside which the model lies that stamped their plans; the first that is there has it.
STAMPED = (Role.CORPUS, Role.COMPLETE)


def collect(survey: Survey, folder: Path, until: float) -> list[Recording]:
    """Archive every ledger that holds a whole cell, copy files; the entries, also written.

    A ledger in which the scan finds something is left out, and told.
    """
    made: list[Recording] = []
    for first in _distinct(survey.parts):
        one = _entry(survey, first, folder)
        if one is None:
            continue
        target = folder / RECORDED / Path(one.path).relative_to("data/recorded")
        ledger = ledger_of(first, folder)
        if ledger is None:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file_of(first, folder), target)
        elif not _archived(ledger, target / f"ledger{SUFFIX}", folder, until):
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
    one = Recording(part.recording, part.role, Scope.TWO_GEMM, survey.device, part.repeats)
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
        target = folder / RECORDED / Path(stamped[0].path).relative_to("data/recorded")
        shutil.copyfile(folder / MODEL, target / MODEL)


def _yaml(one: Recording) -> str:
    """As data/recordings.yaml has entries; no YAML writer is needed where there is a GPU."""
    lines = [f"- name: {one.name}", f"  role: {one.role}", f"  device: {one.device}"]
    lines.append(f"  scope: {one.scope}")
    if one.repeats is not None:
        lines.append(f"  repeats: {one.repeats}")
    if one.kernels:
        hashes = ", ".join(f'"{digest}"' for digest in one.kernels)
        lines.append(f"  kernels: [{hashes}]")
    return "\n".join(lines) + "\n"
