"""What a run of the engine says of itself, and the kernels that it may be run with."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scripts.engine import card
from scripts.lib.files import InputError
from scripts.lib.provenance import working_commit
from scripts.measure.controller.records import now

PACKAGES = ("torch", "triton", "vllm", "transformers", "numpy")


def packages() -> dict[str, str]:
    """Versions of what is measured."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def about(source_hash: str, module: str = "scripts.runtime.engine") -> dict[str, Any]:
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


def need_judged(plan: Mapping[str, Any], source_hash: str) -> None:
    """InputError where the kernels installed here are not those that chose the rows."""
    if plan["kernel_hash"] != source_hash:
        raise InputError(
            f"vLLM's kernels here have the hash {source_hash}, the rows were chosen under "
            f"{plan['kernel_hash']}; install that release, or record the operator anew"
        )
