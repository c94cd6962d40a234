"""Compile one binary in a child process and tell what came of it, in a form that can be kept."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from triton.backends.compiler import GPUTarget

from kernels.compilation import compile_gemm
from kernels.facts import facts_of
from scripts.lib.isolate import Failure
from scripts.lib.outcome import Outcome
from scripts.space.binaries import Binary

_LONGEST_REASON = 200
# Places in files of this machine and in the compiler's representation say nothing to a reader.
_PLACE = re.compile(r"loc\([^)]*\):\s*|\S*/\S+:\d+:\d+:?\s*|^at \d+:\d+:\s*")


def target_of(arch: str) -> GPUTarget:
    """Triton's name for an architecture such as sm_90 or gfx942."""
    if arch.startswith("sm_"):
        return GPUTarget("cuda", int(arch.removeprefix("sm_")), 32)
    return GPUTarget("hip", arch, 64 if arch.startswith("gfx9") else 32)


class Compiler:
    """Handler of a child process: a Binary in, its result as plain values out."""

    def __init__(self) -> None:
        # The compiler keeps every stage of every binary, gigabytes in all; none is needed again.
        self._folder = Path(tempfile.mkdtemp(prefix="graphx-space-"))
        os.environ["TRITON_CACHE_DIR"] = str(self._folder / "cache")
        # Where a pass fails, its words go to the standard error of the process and nowhere else.
        self._words = (self._folder / "words").open("a+b")
        os.dup2(self._words.fileno(), 2)

    def __call__(self, binary: Binary) -> dict[str, Any]:
        """Compile; every error of the compiler is a result."""
        began = time.perf_counter()
        os.ftruncate(self._words.fileno(), 0)
        result: dict[str, Any] = {"outcome": Outcome.CORRECT.value, "reason": None, "facts": None}
        try:
            entry = binary.config.to_entry()
            compiled = compile_gemm(entry, binary.variant, target_of(binary.arch))
            result["facts"] = asdict(facts_of(compiled))
        except Exception as error:
            result["outcome"] = Outcome.COMPILE_ERROR.value
            result["reason"] = self._reason(error)
        shutil.rmtree(self._folder / "cache", ignore_errors=True)
        return result | {"seconds": round(time.perf_counter() - began, 3)}

    def _reason(self, error: Exception) -> str:
        self._words.seek(0)
        said = self._words.read().decode(errors="replace").splitlines()
        errors = [line for line in said if re.search(r"\berror: ", line, re.IGNORECASE)]
        words = errors[0] if errors else _last_words(error)
        return f"{type(error).__name__}: {_PLACE.sub('', words[: 2 * _LONGEST_REASON]).strip()}"[
            :_LONGEST_REASON
        ]


def _last_words(error: BaseException) -> str:
    """What is said last, by the error that caused it: Triton's quote the kernel before it."""
    while error.__cause__ is not None:
        error = error.__cause__
    said = [line for line in str(error).splitlines() if line.strip(" ^")]
    return said[-1] if said else ""


def result_of(failure: Failure, seconds: float) -> dict[str, Any]:
    """The result of a binary whose compiler crashed or hung."""
    outcome = Outcome.TIMEOUT if failure.kind == "hung" else Outcome.COMPILE_ERROR
    return {
        "outcome": outcome.value,
        "reason": f"{failure.kind}: {failure.message}"[:_LONGEST_REASON],
        "facts": None,
        "seconds": round(seconds, 3),
    }
