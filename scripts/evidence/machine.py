"""What a run was made on and with: the premises that two sets of evidence must share, and the rest.

Premises are told by name, each a plain value. Beside them stands what may differ between two
machines of one kind (uuid, machine, times), which is shown and decides nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scripts.engine import card
from scripts.evidence import host
from scripts.evidence.suite import SHIPPED, Leg, Option, Suite
from scripts.lib.files import InputError
from scripts.lib.provenance import working_commit
from scripts.runtime.engine_about import PACKAGES

_ROOT = Path(__file__).parents[2]
_DECIDING = ("torch", "triton", "vllm")  # whose versions are premises
# Field of nvidia-smi -> name of the premise.
_GPU = {
    "name": "GPU",
    "driver_version": "driver",
    "clocks.max.sm": "highest clock, MHz",
    "clocks.max.mem": "memory clock, MHz",
    "power.limit": "power limit, W",
    "ecc.mode.current": "ECC",
}
CONFIGS = "model_executor/layers/fused_moe/configs"
_ARGUMENTS, _VARIABLES = "engine/arg_utils.py", "envs.py"


def digest(value: Any) -> str:
    """First 16 digits of the hash of a value of JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def gpu(fields: tuple[str, ...]) -> list[str]:
    """Fields of the GPU that engines see first, as nvidia-smi says them. InputError without."""
    try:
        return card.asked(fields)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        fix = "evidence is recorded on a machine with an NVIDIA GPU"
        raise InputError(f"nvidia-smi: {error}; {fix}") from error


def packages() -> dict[str, str]:
    """Versions of what decides, and of what is often asked for; absent ones are left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def cuda() -> str:
    """The CUDA runtime that torch was built for, read without importing it."""
    try:
        found = re.search(r"\+cu(\d+)(\d)$", version("torch"))
    except PackageNotFoundError:
        return "none"
    return f"{found[1]}.{found[2]}" if found else "as the package has it"


def premises(suite: Suite, engine_hash: str, shipped: Mapping[str, Any]) -> dict[str, str]:
    """All that must be equal for two sets to be compared, but the small model's weights.

    Which those are is noted where they are loaded.
    """
    names = tuple(_GPU)
    found = dict(zip(_GPU.values(), gpu(names), strict=True))
    versions = packages()
    found |= {name: versions.get(name, "absent") for name in _DECIDING}
    found |= {"CUDA": cuda(), "engine's kernels": engine_hash}
    found["workload"] = digest([suite.profile, suite.latency])
    found["questions"] = digest([suite.questions, suite.question_seed])
    found["device of the files"] = suite.device
    for leg in suite.legs:
        found[f"switches of {leg.name}"] = digest([leg.engine, leg.answering, leg.packed])
        found[f"config files of {leg.name}"] = digest(rows_of(leg, shipped))
    return found


def rows_of(leg: Leg, shipped: Mapping[str, Any]) -> Any:
    """The rows of a leg's config files; ``shipped``: name -> rows of the engine's own files."""
    if leg.rows is None or SHIPPED not in leg.rows:
        return leg.rows
    name = leg.rows[SHIPPED]
    if name not in shipped:
        raise InputError(f"leg {leg.name}: rows: the engine ships no {name}")
    return shipped[name]


def shipped_files(suite: Suite, engine: Path) -> dict[str, Any]:
    """Rows of the engine's own config files that legs name. ``engine``: folder of its package."""
    names = {leg.rows[SHIPPED] for leg in suite.legs if leg.rows and SHIPPED in leg.rows}
    found = {}
    for name in sorted(names):
        path = engine / CONFIGS / name
        if path.is_file():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def exists(option: Option, engine: Path) -> bool:
    """Whether the engine's source knows the option."""
    file = engine / (_ARGUMENTS if option.source == "argument" else _VARIABLES)
    pattern = rf"^    {option.key}:" if option.source == "argument" else rf'"{option.key}"'
    try:
        return re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    except OSError:
        return False


def is_on(option: Option, leg: Leg, facts: Mapping[str, Any]) -> bool:
    """Whether the option was on in a boot of a leg, by what the boot says or else was given."""
    if option.fact is not None:
        state = facts.get(option.fact)
    else:
        where = "arguments" if option.source == "argument" else "environment"
        state = leg.engine.get(where, {}).get(option.key)
    return state is not None and state not in option.means_off


def about() -> dict[str, Any]:
    """What is noted of a start besides the premises."""
    uuid, bus = gpu(("uuid", "pci.bus_id"))
    return {
        "command": " ".join(["python", "-m", "scripts.evidence.run", *sys.argv[1:]]),
        "commit": working_commit(_ROOT) or "unknown",
        "packages": packages(),
        "gpu_uuid": uuid,
        "gpu_bus": bus,
        "machine": host.described(),
        "kernel": platform.release(),
        "cores": os.cpu_count(),
    }
