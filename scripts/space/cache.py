"""Results of compiling, by content: what was compiled once is not compiled again.

A result is found by the compiler's version, the source that decides what is compiled, the
architecture, the variant and the launch parameters. The file is a hash-chained list that survives
a kill at any moment (scripts.lib.chain).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import triton

from kernels.variant import binary_key, effective
from scripts.lib.chain import Chain
from scripts.lib.files import sha256
from scripts.space.binaries import Binary

# The modules that decide what is compiled; a test holds the list against their imports.
KERNEL_MODULES = (
    "compilation.py", "facts.py", "formats.py", "gemm_step.py", "moe_gemm.py", "variant.py",
)  # fmt: skip
_KERNELS = Path(__file__).parents[2] / "kernels"


@cache
def kernel_hash() -> str:
    """SHA-256 over the source of the kernel and of what compiles it and reads its facts."""
    digest = hashlib.sha256()
    for name in KERNEL_MODULES:
        digest.update(f"{name} {sha256(_KERNELS / name)}\n".encode())
    return digest.hexdigest()


def cache_key(binary: Binary) -> str:
    """Two binaries with the same key are the same binary."""
    entry = effective(binary.config.to_entry(), binary.variant.form)
    parts = (
        triton.__version__,
        kernel_hash(),
        binary.arch,
        binary.variant.name,
        binary_key(entry),
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Cache:
    """Results on disk; ``results`` holds those of this compiler and source and of any other."""

    def __init__(self, path: Path) -> None:
        self._chain = Chain(path)
        self.results: dict[str, dict[str, Any]] = {
            body["key"]: body["result"] for body in self._chain.bodies
        }

    def add(self, binary: Binary, result: dict[str, Any]) -> None:
        """Keep a result; it is on disk when this returns."""
        key = cache_key(binary)
        words = f"{binary.arch}/{binary.variant.name}/{binary.config.id}"
        self._chain.append({"key": key, "binary": words, "result": result})
        self.results[key] = result

    def close(self) -> None:
        """Release the file."""
        self._chain.close()
