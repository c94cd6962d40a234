"""Compile every binary of a sweep once, ahead, on all cores, into Triton's shared cache.

Each compiler runs in a child process, so that one that crashes or hangs costs one binary: the
upstream method compiles in line instead, once per config, shape and batch.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from triton.backends.compiler import GPUTarget

from kernels.compilation import compile_gemm
from kernels.formats import SCHEMES
from kernels.variant import Variant, binary_key, effective
from scripts.lib.crew import run_all
from scripts.lib.isolate import Failure
from scripts.lib.shape import Shape
from scripts.measure.backend.interface import Entry
from scripts.measure.backend.variants import variants
from scripts.measure.work.compile_result import result_of


@dataclass(frozen=True)
class Job:
    """One binary: a config's parameters and the variant; ``run_time`` parameters are not in it."""

    entry: tuple[tuple[str, int], ...]
    variant: Variant
    run_time: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """For example ``bf16-share8-up/BLOCK_SIZE_M=16,…``."""
        parts = ",".join(f"{key}={value}" for key, value in self.entry)
        return f"{self.variant.name}/{parts}"


def jobs_of(entries: Iterable[Entry], shape: Shape, run_time: Collection[str] = ()) -> list[Job]:
    """Both binaries of every config on a shape, each once."""
    form, left = SCHEMES[shape.scheme], tuple(run_time)
    keys = dict.fromkeys(binary_key(effective(entry, form), left) for entry in entries)
    return [Job(key, variant, left) for key in keys for variant in variants(shape)]


class Compiler:
    """Compiles one job into Triton's cache; a compiler's refusal is a result, not an error."""

    def __init__(self, target: GPUTarget) -> None:
        self.target = target

    def __call__(self, job: Job) -> dict[str, Any]:
        """The job's result, as ``result_of``."""
        began = time.perf_counter()
        try:
            compiled = compile_gemm(dict(job.entry), job.variant, self.target, job.run_time)
        except Exception as error:
            # Triton's errors quote the kernel between the place (first line) and the cause (last).
            lines = str(error).strip().splitlines() or [""]
            words = " ".join(dict.fromkeys((lines[0].strip(), lines[-1].strip())))
            reason = f"{type(error).__name__}: {words[:300]}"
            return result_of(job.id, time.perf_counter() - began, reason)
        return result_of(job.id, time.perf_counter() - began, None, int(compiled.metadata.shared))


def compile_all(
    jobs: list[Job], target: GPUTarget, deadline_s: float, processes: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one result per job, in the order they end; a crash or hang is a ``compile_error``."""
    for job, result, seconds in run_all(Compiler, (target,), jobs, deadline_s, processes):
        if isinstance(result, Failure):
            yield result_of(job.id, seconds, f"{result.kind}: {result.message}")
        else:
            yield result
