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

from kernels.compilation import compile_gemm
from kernels.facts import facts_of
from kernels.targets import target_of
from scripts.lib.isolate import Failure
from scripts.lib.outcome import Outcome
from scripts.space.binaries import Binary

_LONGEST_REASON = 200
# Places in files of this machine and in the compiler's representation say nothing to a reader.
_FATAL = re.compile(r"\bfatal\s*:")
_ERROR = re.compile(r"\berror: ", re.IGNORECASE)
_PLACE = re.compile(r"loc\([^)]*\):\s*|\S*/\S+:\d+:\d+:?\s*|^at \d+:\d+:\s*")


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
        return f"{type(error).__name__}: {_words(error, said)}"[:_LONGEST_REASON]


def _words(error: BaseException, said: list[str]) -> str:
    """The line that says why: of the assembler, of a pass (on standard error), or the last."""
    while error.__cause__ is not None:
        error = error.__cause__
    # Triton's own errors quote the kernel first, and point into it.
    lines = [line for line in str(error).splitlines() if line.strip(" ^")]
    fatal = [line for line in lines if _FATAL.search(line)]
    of_pass = [line for line in said if _ERROR.search(line)]
    line = (fatal or of_pass or lines[-1:] or [""])[0]
    return " ".join(_PLACE.sub("", line[: 2 * _LONGEST_REASON]).split())


def result_of(failure: Failure, seconds: float) -> dict[str, Any]:
    """The result of a binary whose compiler crashed or hung."""
    outcome = Outcome.TIMEOUT if failure.kind == "hung" else Outcome.COMPILE_ERROR
    return {
        "outcome": outcome.value,
        "reason": f"{failure.kind}: {failure.message}"[:_LONGEST_REASON],
        "facts": None,
        "seconds": round(seconds, 3),
    }
