"""What a run has to say of itself, or it is refused: numbers without it compare with none."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts.engine import card
from scripts.lib.files import InputError
from scripts.lib.provenance import working_commit

# Field -> how to give it where it cannot be found out.
WANTED = {
    "commit": "run in a git clone, or set GRAPHX_COMMIT",
    "runtime": "install vLLM: pip install vllm",
    "image": "set GRAPHX_IMAGE to the container image's digest, or its name",
    "packages": "install the packages with their metadata",
    "cuda": "install a torch with CUDA",
    "driver": "make nvidia-smi available",
    "gpu": "make nvidia-smi available",
    "uuid": "make nvidia-smi available",
    "clocks": "make nvidia-smi available",
    "flags": "give the cells' engine fields",
    "environment": "",
    "workload": "give the matrix its numbers",
    "seed": "give the models a seed",
    "command": "",
    "host": "",
}
_QUERY = {
    "gpu": "name",
    "uuid": "uuid",
    "driver": "driver_version",
    "sm_mhz": "clocks.sm",
    "memory_mhz": "clocks.mem",
    "max_sm_mhz": "clocks.max.sm",
    "power_limit_w": "power.limit",
}
_PREFIXES = ("VLLM_", "CUDA_", "TORCH_", "TRITON_", "NCCL_", "HF_HUB_OFFLINE")


def gathered(folder: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """All that can be found out here, and ``given``. ``folder``: of the working copy."""
    gpu = _gpu()
    clocks = {key: gpu[key] for key in gpu if key.endswith(("_mhz", "_w"))}
    return {
        "commit": working_commit(folder),
        "runtime": _version("vllm"),
        "image": os.environ.get("GRAPHX_IMAGE") or _release(),
        "packages": packages(),
        "cuda": _cuda(),
        "driver": gpu.get("driver"),
        "gpu": gpu.get("gpu"),
        "uuid": gpu.get("uuid"),
        "clocks": clocks or None,
        "environment": {
            key: text for key, text in sorted(os.environ.items()) if key.startswith(_PREFIXES)
        },
        "host": f"{platform.system()} {platform.release()}, {os.cpu_count()} CPUs",
        **given,
    }


def lacking(found: Mapping[str, Any]) -> list[str]:
    """Fields that are absent, or empty where that says nothing."""
    empty: tuple[Any, ...] = (None, "", [], {})
    return [key for key in WANTED
            if key not in found or (found[key] in empty and key != "environment")]  # fmt: skip


def check(found: Mapping[str, Any]) -> None:
    """InputError naming each field that is missing and how to give it."""
    missing = lacking(found)
    if missing:
        said = "; ".join(f"{key} ({WANTED[key] or 'is always given'})" for key in missing)
        raise InputError(f"metadata: the run is refused, it lacks {said}")


def packages() -> list[str]:
    """name==version of all installed here, sorted, as `pip freeze` has them."""
    found = {
        (one.metadata["Name"] or "").lower(): one.version
        for one in importlib.metadata.distributions()
    }
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name]


def _version(name: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return f"{name} {importlib.metadata.version(name)}"
    return None


def _cuda() -> str | None:
    with suppress(ImportError):
        import torch  # noqa: PLC0415 - seconds, and only a run wants it

        return torch.version.cuda
    return None


def _release() -> str | None:
    """The operating system's own name, where no container says which it is."""
    with suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    return None


def _gpu() -> dict[str, str]:
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        said = card.asked(list(_QUERY.values()), units=False)
        return dict(zip(_QUERY, said, strict=True))
    return {}
