"""The lines that a sweep writes to its ledger."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scripts.lib.budget import Budget
from scripts.lib.files import InputError, sha256
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.provenance import working_commit
from scripts.lib.spec import spec_hash
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.measure.work.recorded_routing import profile_name

Body = dict[str, Any]
NO_LIMIT = 2**62  # trials of a budget that is not limited
OWN_COMMAND = "scripts.measure.sweep"
PACKAGES = ("torch", "triton", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn")


def now() -> str:
    """UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def kernel_hash(folder: Path = Path("kernels")) -> str:
    """One hash over all kernel sources."""
    parts = [f"{path.name}:{sha256(path)}" for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def commit() -> str:
    """The commit of this working copy; GRAPHX_COMMIT where there is no git (a copied tree).

    InputError without either: a measurement that cannot be traced to its code is not recorded.
    """
    if found := working_commit(Path()):
        return found
    raise InputError(
        "this folder is no git clone, so its commit is unknown; run with "
        "GRAPHX_COMMIT=<the commit that it was copied from>"
    )


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def key_of(protocol: Protocol, conditions: Conditions, kernels: str | None = None) -> Body:
    """What must be equal in two runs for their latencies to be compared, as it stands in a run's
    line: spec, protocol, kernels, conditions. ``kernels``: hash of the source of kernels that are
    not this repository's."""  # noqa: D205,D209
    # A recorded profile is named by its content, not by where the file lies on this machine; lists
    # for tuples, as JSON gives them back.
    stated = {
        "profile": profile_name(conditions.profile),
        "run_time": list(conditions.run_time),
    }
    return {
        "spec_hash": spec_hash(),
        "protocol_hash": protocol.hash,
        "kernel_hash": kernels or kernel_hash(),
        "conditions": asdict(conditions) | stated,
    }


def run_line(
    run_id: str,
    protocol: Protocol,
    conditions: Conditions,
    budget: Budget,
    gpu: Body,
    kernels: str | None = None,
    packages: Sequence[str] = PACKAGES,
    module: str = OWN_COMMAND,
) -> Body:
    """What every attempt of this run shares: code, protocol, machine, packages, command.

    ``gpu``: its identity and first state. ``kernels``: as ``key_of``. ``module``: the command's.
    One line per GPU of a sweep.
    """
    seconds = None if math.isinf(budget.gpu_seconds) else budget.gpu_seconds
    trials = None if budget.trials >= NO_LIMIT else budget.trials
    return {
        "kind": "run",
        "run_id": run_id,
        "started": now(),
        "commit": commit(),
        **key_of(protocol, conditions, kernels),
        "protocol": asdict(protocol),
        "routing": profile_name(conditions.profile),
        "budget": {"trials": trials, "gpu_seconds": seconds},
        "gpu": gpu,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "packages": {name: _package(name) for name in packages},
        "command": shlex.join(["python", "-m", module, *sys.argv[1:]]),
    }


def attempt_line(
    run_id: str, spec: str, cell_id: str, order: int, config_id: str, result: Body
) -> Body:
    """One candidate's outcome under the locked spec of that hash.

    ``result``: what the worker, the compiler or a refusal said.
    """
    return {
        "kind": "attempt",
        "run_id": run_id,
        "spec_hash": spec,
        "cell_id": cell_id,
        "order": order,
        "config_id": config_id,
        **result,
    }


def failed(outcome: Outcome, reason: str, gpu_seconds: float = 0.0) -> Body:
    """The result of a trial that ended without a latency."""
    seconds = round(gpu_seconds, 6)
    return {"outcome": str(outcome), "reason": reason[:400], "gpu_seconds": seconds}


def not_measured(reason: NotMeasured, detail: str | None = None) -> Body:
    """The result of a candidate that was not tried; ``detail`` says more than the closed list."""
    result: Body = failed(Outcome.NOT_MEASURED, str(reason))
    return result if detail is None else result | {"detail": detail[:400]}
