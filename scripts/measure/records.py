"""The lines a sweep writes to its ledger, and what is already done in one that is resumed."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, sha256
from scripts.measure.protocol import Protocol

Body = dict[str, Any]
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
    if given := os.environ.get("GRAPHX_COMMIT"):
        return given
    command = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(
            "this folder is no git clone, so its commit is unknown; run with "
            "GRAPHX_COMMIT=<the commit that it was copied from>"
        ) from error
    return found.stdout.strip()


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def run_line(run_id: str, protocol: Protocol, profile: str, gpu: Body) -> Body:
    """What every attempt of this run shares: code, protocol, machine, packages, command."""
    return {
        "kind": "run",
        "run_id": run_id,
        "started": now(),
        "commit": commit(),
        "kernel_hash": kernel_hash(),
        "protocol": asdict(protocol),
        "spec_hash": protocol.hash,
        "routing": profile,
        "gpu": gpu,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "packages": {name: _package(name) for name in PACKAGES},
        "command": shlex.join(["python", "-m", "scripts.measure.sweep", *sys.argv[1:]]),
    }


@dataclass
class Done:
    """What a ledger holds already under one protocol and kernel."""

    attempts: dict[str, dict[str, float | None]] = field(default_factory=dict)
    cells: set[str] = field(default_factory=set)
    runs: int = 0

    def best_us(self, cell_id: str) -> float | None:
        """Fastest correct config of a cell so far."""
        known = [us for us in self.attempts.get(cell_id, {}).values() if us is not None]
        return min(known, default=None)


def read_done(bodies: Iterable[Body], spec_hash: str, kernel: str, uuid: str) -> Done:
    """Collect finished cells, and the attempts of unfinished ones that can be gone on with.

    Runs of another protocol or kernel do not count. A cell begun on another GPU starts again:
    latencies of one cell are compared with each other, so they come from one GPU.
    """
    done, same, here = Done(), False, False
    for body in bodies:
        kind = body["kind"]
        if kind == "run":
            done.runs += 1
            same = body["spec_hash"] == spec_hash and body["kernel_hash"] == kernel
            here = body["gpu"]["uuid"] == uuid
        elif not same:
            continue
        elif kind == "attempt" and here:
            done.attempts.setdefault(body["cell_id"], {})[body["config_id"]] = body.get("median_us")
        elif kind == "cell":
            done.cells.add(body["cell_id"])
    return done
