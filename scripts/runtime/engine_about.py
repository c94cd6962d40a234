"""How a run of an engine's plan begins: options, kernels that it needs, what it says of itself."""

from __future__ import annotations

import argparse
import math
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scripts.engine import card
from scripts.engine.journal import Journal
from scripts.lib.files import InputError, read_object
from scripts.lib.provenance import working_commit
from scripts.measure.controller.records import now
from scripts.runtime.installed import installed

PACKAGES = ("torch", "triton", "vllm", "transformers", "numpy")
PAUSED = 3  # exit status


def add_run(parser: argparse.ArgumentParser) -> None:
    """The options that all have who run an engine's plan."""
    add = parser.add_argument
    add("--plan", type=Path, required=True, help="plan.json, see scripts.runtime.engine_plan")
    add("--journal", type=Path, required=True, help="journal to append to")
    add("--turn", type=Path, help="lock to time under, of others that time on this GPU")
    add("--seconds", type=float, default=math.inf, help="pause after this")


@contextmanager
def begun(
    path: Path, plan: Mapping[str, Any], module: str, unkept: tuple[str, ...] = ("boots",)
) -> Iterator[Journal]:
    """The journal at ``path`` with the run's line in it; closed at the end.

    ``module``: whose command it is. ``unkept``: parts of the plan that the line leaves out.
    InputError, and no journal, without the vLLM that chose the plan's rows, or without a commit.
    """
    found = installed()
    need_judged(plan, found.source_hash)
    line = about(found.source_hash, module)
    kept = {key: part for key, part in plan.items() if key not in unkept}
    journal = Journal(path)
    try:
        journal.begin(**line, plan=kept)
        yield journal
    finally:
        journal.close()


def packages() -> dict[str, str]:
    """Versions of what is measured."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def about(source_hash: str, module: str) -> dict[str, Any]:
    """What a run's line says of it. InputError without the commit of the code.

    ``module``: whose command it is.
    """
    commit = working_commit(Path())
    if commit is None:
        raise InputError("this folder is no git clone; run with GRAPHX_COMMIT=<its commit>")
    command = shlex.join(["python", "-m", module, *sys.argv[1:]])
    return {
        "command": command, "commit": commit, "packages": packages(), "kernel_hash": source_hash,
        "python": platform.python_version(), "gpu": gpu_of(), "at": now(),
    }  # fmt: skip


def gpu_of() -> dict[str, str] | None:
    """Name, uuid, driver and power limit of the GPU that engines see first, as its driver says."""
    fields = ("name", "uuid", "driver_version", "power.limit", "clocks.sm", "temperature.gpu")
    try:
        return dict(zip(fields, card.asked(fields), strict=True))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def read_plan(path: Path) -> dict[str, Any]:
    """What scripts.runtime.engine_plan wrote. InputError for anything else."""
    return read_object(path, "models", "boots", "batches", "kernel_hash")


def need_judged(plan: Mapping[str, Any], source_hash: str) -> None:
    """InputError where the kernels installed here are not those that chose the rows."""
    if plan["kernel_hash"] != source_hash:
        raise InputError(
            f"vLLM's kernels here have the hash {source_hash}, the rows were chosen under "
            f"{plan['kernel_hash']}; install that release, or record the operator anew"
        )
