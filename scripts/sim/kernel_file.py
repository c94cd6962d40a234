"""Compile a kernel file for a GPU that need not be there, and read the compiler's facts.

The file is loaded and compiled in a child process: a compiler that crashes or hangs costs one
clear error, and what a file does when it is loaded stays there.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from triton.runtime.jit import JITFunction

from kernels.compilation import compile_gemm
from kernels.facts import facts_of
from kernels.targets import target_of
from kernels.variant import Variant
from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Failure
from scripts.lib.names import unknown_name

KERNEL = "moe_gemm_kernel"
_DEADLINE_S = 180.0
_LONGEST = 600  # characters of the compiler's words that are shown


@dataclass(frozen=True)
class Job:
    """One config of one scheme: its gate-up and its down GEMM are compiled."""

    config: Config
    scheme: str
    top_k: int

    @property
    def variants(self) -> tuple[Variant, Variant]:
        """What the two binaries are compiled for."""
        return Variant(self.scheme, self.top_k, False), Variant(self.scheme, 1, True)


def compile_file(path: Path, arch: str, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Facts of each job's two binaries, the larger of each number.

    Raises InputError if the file cannot be loaded, lacks the kernel or does not compile.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such kernel file")
    child = Child(_make_compiler, path.resolve(), arch)
    try:
        return [_compiled(child, path, job) for job in jobs]
    finally:
        child.stop()


def _compiled(child: Child, path: Path, job: Job) -> dict[str, Any]:
    found = []
    for variant in job.variants:
        result = child.call((job.config.to_entry(), variant), _DEADLINE_S)
        if isinstance(result, Failure):
            raise InputError(f"{path}: the compiler {result.kind} on {job.config.id}: "
                             f"{result.message}")  # fmt: skip
        if "error" in result:
            raise InputError(f"{path}: {result['error']}")
        found.append(result)
    return {name: max(facts[name] for facts in found) for name in found[0]}


class _Compiler:
    def __init__(self, path: Path, arch: str) -> None:
        self._path, self._target = path, target_of(arch)
        self._folder = tempfile.TemporaryDirectory(prefix="graphx-sim-")
        os.environ["TRITON_CACHE_DIR"] = self._folder.name
        # Where a pass fails, its words go to the standard error of the process and nowhere else.
        self._words = (Path(self._folder.name) / "words").open("a+b")
        os.dup2(self._words.fileno(), 2)
        self._kernel: Any = None

    def __call__(self, task: tuple[dict[str, int], Variant]) -> dict[str, Any]:
        entry, variant = task
        try:
            if self._kernel is None:
                self._kernel = load_kernel(self._path)
            compiled = compile_gemm(entry, variant, self._target, kernel=self._kernel)
            facts = asdict(facts_of(compiled))
            return {name: value for name, value in facts.items() if value is not None}
        except InputError as error:
            return {"error": str(error).removeprefix(f"{self._path}: ")}
        except Exception as error:
            return {"error": f"does not compile for {variant.name}: {self._said(error)}"}

    def _said(self, error: Exception) -> str:
        self._words.seek(0)
        words = [line for line in self._words.read().decode(errors="replace").splitlines()
                 if "error:" in line]  # fmt: skip
        text = "\n".join([f"{type(error).__name__}: {error}", *words[:2]])
        return (
            text
            if len(text) <= _LONGEST
            else f"{text[: _LONGEST // 2]}\n…\n{text[-_LONGEST // 2 :]}"
        )


def _make_compiler(path: Path, arch: str) -> Callable[[Any], Any]:
    return _Compiler(path, arch)


def load_kernel(path: Path) -> Any:
    """The kernel that a file defines. InputError if it cannot be loaded or has none."""
    spec = importlib.util.spec_from_file_location(f"graphx_kernel_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: is not a Python file (name it *.py)")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path}: cannot be loaded: {type(error).__name__}: {error}") from error
    found = {name: value for name, value in vars(module).items() if isinstance(value, JITFunction)}
    if KERNEL not in found:
        nearest = unknown_name("kernel", KERNEL, found)
        raise InputError(f"{path}: lacks the kernel {KERNEL} ({nearest}); it must have that name")
    return found[KERNEL]
