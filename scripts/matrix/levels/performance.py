"""Level 4: prefill, decode, several requests at once; start-up, memory and the host's time.

Names as `vllm bench` has them: ttft to the first token, tpot the mean time of a further one, itl
the gaps between tokens, e2el the whole request.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.matrix.levels.level import Asked, Seen, Verdict, Word
from scripts.matrix.switches import Numbers

SERVED = ("ttft", "tpot", "itl", "e2el")
_PROMPT, _INPUT, _OUTPUT = 16, 256, 32  # tokens: before a decode; of a served request
WARMUPS = 1


def observe(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """Seconds of every repeat: ``pp`` to the first token, ``tg`` {n: a further token}; ``served``.

    ``served``: lists over requests (``itl``: over gaps) and ``duration_s``, ``input`` and
    ``output`` tokens. ``cpu_s`` of ``wall_s``: this process's; ``resident_bytes``, ``peak_bytes``.
    ``decode``: a profile of decode steps of one sequence.
    """
    engine.forget_peak()
    began, cpu = time.perf_counter(), time.process_time()
    pp = [
        engine.arrivals(engine.prompts(1, numbers.pp, 500 + number), 1)[0][0]
        for number in range(-WARMUPS, numbers.repeats)
    ][WARMUPS:]
    tg = _decoded(engine, numbers)
    served = _served(engine, numbers)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - began
    return {
        "pp_tokens": numbers.pp,
        "pp": _rounded(pp),
        "tg": {count: _rounded(values) for count, values in tg.items()},
        "served": served,
        "cpu_s": round(cpu_s, 4),
        "wall_s": round(wall_s, 4),
        "resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "peak_bytes": int(engine.memory()["peak_bytes"]),
        "decode": engine.timeline(engine.prompts(1, _PROMPT, 2), numbers.path_steps),
    }


def _decoded(engine: Asked, numbers: Numbers) -> dict[str, list[float]]:
    """By n: mean seconds a token over the first n that follow the first; one run has all n."""
    found: dict[str, list[float]] = {str(count): [] for count in numbers.tg}
    for number in range(-WARMUPS, numbers.repeats):
        (at,) = engine.arrivals(engine.prompts(1, _PROMPT, 600 + number), max(numbers.tg) + 1)
        for count in numbers.tg if number >= 0 else ():
            found[str(count)].append((at[count] - at[0]) / count)
    return found


def _served(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """Rounds of ``concurrency`` requests, each round there at its start; the first is a warm-up."""
    rounds = -(-numbers.requests // numbers.concurrency)
    found: dict[str, list[float]] = {name: [] for name in SERVED}
    duration = 0.0
    for number in range(-1, rounds):
        prompts = engine.prompts(numbers.concurrency, _INPUT, 700 + number)
        at = engine.arrivals(prompts, _OUTPUT)
        if number < 0:
            continue
        duration += max(times[-1] for times in at)
        for times in at:
            found["ttft"].append(times[0])
            found["tpot"].append((times[-1] - times[0]) / (len(times) - 1))
            found["itl"] += list(np.diff(times))
            found["e2el"].append(times[-1])
    count = rounds * numbers.concurrency
    return {
        **{name: _rounded(values) for name, values in found.items() if name != "itl"},
        # Hundreds of gaps; what is reported of them is kept.
        "itl": {name: round(float(np.percentile(found["itl"], q)), 7)
                for name, q in (("p50", 50), ("p99", 99))},
        "itl_mean": round(float(np.mean(found["itl"])), 7),
        "duration_s": round(duration, 6),
        "requests": count,
        "input": count * _INPUT,
        "output": count * _OUTPUT,
    }  # fmt: skip


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), 7) for value in values]


def metrics(seen: Seen) -> dict[str, float]:
    """Seconds, of which less is better: medians over the repeats; bytes at the peak.

    ``step_gpu``: time in which a kernel ran, of a decode step of one sequence. What the host takes
    is not in it, and it is what boots repeat best.
    """
    return {
        "step_gpu": seen["decode"]["busy_us"] / seen["decode"]["steps"] * 1e-6,
        f"pp{seen['pp_tokens']}": float(np.median(seen["pp"])),
        **{f"tg{count}": float(np.median(values)) for count, values in seen["tg"].items()},
        "served_tpot": float(np.median(seen["served"]["tpot"])),
        "peak_bytes": float(seen["peak_bytes"]),
    }


def bench(seen: Seen) -> dict[str, float]:
    """The fields of `vllm bench serve`: times in ms, throughputs a second."""
    served = seen["served"]
    out: dict[str, float] = {
        "request_throughput": served["requests"] / served["duration_s"],
        "output_throughput": served["output"] / served["duration_s"],
        "total_token_throughput": (served["input"] + served["output"]) / served["duration_s"],
    }
    for name in ("ttft", "tpot", "e2el"):
        values = np.array(served[name]) * 1e3
        out |= {f"mean_{name}_ms": float(values.mean())}
        out |= {f"median_{name}_ms": float(np.median(values))}
        out |= {f"p{q}_{name}_ms": float(np.percentile(values, q)) for q in (50, 99)}
    out |= {"mean_itl_ms": served["itl_mean"] * 1e3, "median_itl_ms": served["itl"]["p50"] * 1e3,
            "p50_itl_ms": served["itl"]["p50"] * 1e3,
            "p99_itl_ms": served["itl"]["p99"] * 1e3}  # fmt: skip
    return out


def judge(seen: Seen) -> Verdict:
    """Passed if every figure is there and above 0."""
    found = metrics(seen)
    bad = [name for name, value in found.items() if not value > 0 or not np.isfinite(value)]
    reason = f"no time of {', '.join(bad)}" if bad else ""
    return Verdict(Word.FAILED if bad else Word.PASSED, reason, found)
