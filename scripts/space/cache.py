"""Results of compiling, by content: what was compiled once is not compiled again.

A result is found by the compiler's version, the source that decides what is compiled, the
architecture, the variant and the launch parameters. The file holds one JSON object a line, in no
order that matters: the caches of two machines are merged by putting one behind the other.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import triton

from kernels.variant import binary_key, effective
from scripts.lib.files import InputError, sha256
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
        path.parent.mkdir(parents=True, exist_ok=True)
        self.results: dict[str, dict[str, Any]] = {}
        self._file = path.open("a+b", buffering=0)
        self._file.seek(0)
        lines = self._file.read().split(b"\n")
        if torn := lines.pop():  # a run was killed while it wrote
            self._file.truncate(self._file.tell() - len(torn))
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                self.results[entry["key"]] = entry["result"]
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise InputError(f"{path}:{number}: not a line of a cache; delete it") from error

    def add(self, binary: Binary, result: dict[str, Any]) -> None:
        """Keep a result; a kill after this returns does not lose it."""
        key = cache_key(binary)
        words = f"{binary.arch}/{binary.variant.name}/{binary.config.id}"
        entry = {"key": key, "binary": words, "result": result}
        self._file.write(json.dumps(entry, sort_keys=True).encode() + b"\n")
        self.results[key] = result

    def close(self) -> None:
        """Release the file."""
        self._file.close()
