"""A profile of decode steps: kernels by name, what started them, and how long the GPU waited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

# What starts work on the GPU, of the driver's and the runtime's calls.
STARTS = ("cudaGraphLaunch", "cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel",
          "cuLaunchKernelEx")  # fmt: skip
_SPAN = "nccl:"  # PyTorch's own span over a kernel of NCCL, which stands for itself
_NAME = 160  # characters of a kernel's name that are kept; C++ templates run to thousands


class Event(NamedTuple):
    """One of a profile: on the GPU, or a call of the host's. Nanoseconds."""

    name: str
    on_gpu: bool
    start_ns: int
    duration_ns: int


def events_of(results: Any) -> list[Event]:
    """Events of torch's profiler (``profiler.profiler.kineto_results``)."""
    found = []
    for event in results.events():
        if str(event.name()).startswith(_SPAN):
            continue
        on_gpu = "CUDA" in str(event.device_type())
        found.append(Event(str(event.name()), on_gpu, event.start_ns(), event.duration_ns()))
    return found


def timeline(events: Iterable[Event], steps: int) -> dict[str, Any]:
    """``kernels`` (name, calls, total_us), the longest first; ``calls`` that started them.

    ``span_us``: from the first kernel's start to the last's end; ``busy_us``: of it with at least
    one running; ``idle_us``: the rest, in ``gaps`` pieces. ``steps``: decode steps in it.
    """
    every = list(events)
    gpu = sorted((one for one in every if one.on_gpu), key=lambda one: one.start_ns)
    busy, gaps, end = 0, 0, None
    for one in gpu:
        stop = one.start_ns + one.duration_ns
        if end is None or one.start_ns > end:
            gaps += end is not None
            busy += one.duration_ns
        elif stop > end:
            busy += stop - end
        end = stop if end is None else max(end, stop)
    span = (end or 0) - gpu[0].start_ns if gpu else 0
    return {
        "steps": steps,
        "kernels": _kernels(gpu),
        "calls": dict(Counter(one.name for one in every if not one.on_gpu and one.name in STARTS)),
        "span_us": round(span / 1e3, 3),
        "busy_us": round(busy / 1e3, 3),
        "idle_us": round((span - busy) / 1e3, 3),
        "gaps": gaps,
    }


def _kernels(gpu: Iterable[Event]) -> list[dict[str, Any]]:
    calls: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in gpu:
        calls[one.name[:_NAME]] += 1
        total[one.name[:_NAME]] += one.duration_ns
    rows = [
        {"name": name, "calls": calls[name], "total_us": round(total[name] / 1e3, 3)}
        for name in calls
    ]
    return sorted(rows, key=lambda row: (-row["total_us"], row["name"]))


# What kernels are for, by words in their names; the first that fits. The rest is "other".
PARTS = {
    "experts": ("matmul_ogs", "marlin_moe", "fused_moe_kernel", "swiglu", "act_and_mul",
                "silu_and_mul", "_reduce_grouped", "moe_sum", "moe_align", "topkgating",
                "topk_forward", "_combined_routing", "bitmatrix", "expt_data", "_sum_bitmatrix"),
    "attention": ("flashattn", "flash::", "unified_attention", "reduce_segments",
                  "reshape_and_cache", "rotary"),
    "communication": ("nccl", "all_reduce", "allreduce"),
    "norms": ("rms_norm", "rmsnorm", "layernorm", "_typeconvert"),
    "sampling": ("argmax", "softmax", "sample", "penalt", "logprob"),
    "dense GEMMs": ("nvjet", "gemm", "splitk", "cutlass", "cublas"),
}  # fmt: skip


def part_of(name: str) -> str:
    """The part of a step that a kernel is for."""
    lower = name.lower()
    return next(
        (part for part, words in PARTS.items() if any(word in lower for word in words)), "other"
    )


def shares(seen: Mapping[str, Any]) -> dict[str, float]:
    """Part -> microseconds a decode step, in the order of PARTS, those that there are."""
    sums: Counter[str] = Counter()
    for row in seen["kernels"]:
        sums[part_of(row["name"])] += row["total_us"]
    return {part: sums[part] / seen["steps"] for part in (*PARTS, "other") if sums[part]}
