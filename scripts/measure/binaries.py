"""Compile every binary of a sweep once, ahead, on all cores, into Triton's shared cache.

Each compiler runs in a child process, so that one that crashes or hangs costs one binary: the
upstream method compiles in line instead, once per config, shape and batch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from triton.backends.compiler import GPUTarget

from kernels.launch import Variant, binary_key, compile_gemm
from scripts.lib.shape import Shape
from scripts.measure.isolate import Child, Failure
from scripts.measure.operands import variants

Entry = Mapping[str, int]


@dataclass(frozen=True)
class Job:
    """One binary: a config's parameters and the variant."""

    entry: tuple[tuple[str, int], ...]
    variant: Variant

    @property
    def id(self) -> str:
        """For example ``bf16-share8-up/BLOCK_SIZE_M=16,…``."""
        parts = ",".join(f"{key}={value}" for key, value in self.entry)
        return f"{self.variant.name}/{parts}"


def jobs_of(entries: Iterable[Entry], shape: Shape) -> list[Job]:
    """Both binaries of every config on a shape, each once."""
    keys = dict.fromkeys(binary_key(entry) for entry in entries)
    pair = variants(shape.scheme, shape.top_k)
    return [Job(key, variant) for key in keys for variant in pair]


class _Compiler:
    def __init__(self, target: GPUTarget) -> None:
        self.target = target

    def __call__(self, job: Job) -> dict[str, Any]:
        began = time.perf_counter()
        try:
            compiled = compile_gemm(dict(job.entry), job.variant, self.target)
        except Exception as error:
            # Triton's errors quote the kernel between the place (first line) and the cause (last).
            lines = str(error).strip().splitlines() or [""]
            words = " ".join(dict.fromkeys((lines[0].strip(), lines[-1].strip())))
            reason = f"{type(error).__name__}: {words[:300]}"
            return _result(job, began, reason, None)
        return _result(job, began, None, int(compiled.metadata.shared))


def _result(job: Job, began: float, reason: str | None, shared: int | None) -> dict[str, Any]:
    return {
        "binary_id": job.id,
        "outcome": "correct" if reason is None else "compile_error",
        "reason": reason,
        "seconds": round(time.perf_counter() - began, 3),
        "shared_bytes": shared,
    }


def _make_compiler(target: GPUTarget) -> Callable[[Job], dict[str, Any]]:
    return _Compiler(target)


def compile_all(
    jobs: list[Job], target: GPUTarget, deadline_s: float, processes: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one result per job, in the order they end; a crash or hang is a ``compile_error``."""
    waiting = list(reversed(jobs))
    children = [
        Child(_make_compiler, target)
        for _ in range(min(processes or os.cpu_count() or 1, len(jobs)))
    ]
    running: dict[Child, tuple[Job, float]] = {}
    try:
        while waiting or running:
            for child in children:
                if child not in running and waiting:
                    running[child] = (waiting.pop(), time.perf_counter())
                    child.send(running[child][0])
            wait([child.connection for child in running], timeout=1.0)
            yield from _finished(running, deadline_s)
    finally:
        for child in children:
            child.stop()


def _finished(
    running: dict[Child, tuple[Job, float]], deadline_s: float
) -> Iterator[dict[str, Any]]:
    for child, (job, began) in list(running.items()):
        late = time.perf_counter() - began > deadline_s
        if not child.connection.poll() and not late:
            continue
        result = child.receive(0.0)
        del running[child]
        if isinstance(result, Failure):
            if result.kind != "error":
                child.start()
            yield _result(job, began, f"{result.kind}: {result.message}", None)
        else:
            yield result
