"""What was learned of a layer's surroundings, kept: learned once, whoever tunes the layer again.

Kept under a name that holds for the same recordings, the same code and the same layer only; all
else is learned anew. Deleting the folder costs seconds and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scripts.lib.files import InputError, read_json, sha256, write_text
from scripts.transfer.committed_files import History
from scripts.transfer.kernel import Kernel
from scripts.transfer.lessons import Lessons
from scripts.transfer.library import Library
from scripts.transfer.merit import Evidence

FORMAT = 1  # of the file; 1: first version
# Packages whose code decides what is learned.
_CODE = ("scripts/lib", "scripts/sim", "scripts/transfer")
_ROOT = Path(__file__).parents[2]
_KERNELS = ("predicted_kernel", "plain_kernel", "cold_kernel")


def name_of(files: Iterable[Path], *stated: str) -> str:
    """A digest of what is in files, of the code that learns, and of what else is stated."""
    digest = hashlib.sha256(json.dumps([FORMAT, *stated]).encode())
    code = sorted(path for folder in _CODE for path in (_ROOT / folder).rglob("*.py"))
    for path in (*files, *code):
        digest.update(sha256(path).encode())
    return digest.hexdigest()[:24]


def save(path: Path, lessons: Lessons) -> None:
    """Write what takes time to learn."""
    body = {
        "kernels": {name: asdict(getattr(lessons, name)) for name in _KERNELS},
        "evidence": [
            [source, found.voices.tolist(), found.regret.tolist()]
            for source, found in lessons.evidence.items()
        ],
        "judged": lessons.judged,
    }
    write_text(path, json.dumps(body, sort_keys=True) + "\n")


def load(
    path: Path, left_out: Collection[str], library: Library, history: History
) -> Lessons | None:
    """The lessons as they were learned; None if they are not kept, or not readable."""
    try:
        body: dict[str, Any] = read_json(path)
        kernels = {
            name: Kernel(**one | {"lengths": tuple(one["lengths"])})
            for name, one in body["kernels"].items()
        }
        evidence = {
            source: Evidence(np.array(voices), np.array(regret))
            for source, voices, regret in body["evidence"]
        }
        predicted, plain, cold = (kernels[name] for name in _KERNELS)
        judged = bool(body["judged"])
        out = frozenset(left_out)
        return Lessons(out, library, history, predicted, plain, cold, evidence, judged)
    except (InputError, KeyError, TypeError, ValueError):
        return None
