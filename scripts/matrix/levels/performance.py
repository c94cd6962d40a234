"""Level 4: prefill, decode, several requests at once; start-up, memory and the host's time.

What is asked once (``observe``) and what is timed in rounds (``paced``): in a round each engine has
its turn, in a fresh order and on the same few cores, so that what the machine does meanwhile falls
on all of them alike. What is left only prolongs a step: a boot's figure is the lower quartile of
its rounds.

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
_AWAKE = 8  # tokens decoded before a round is timed: the process was idle
_PREFILLS = 3  # in one profile
_LONGER = 3  # times as many decode steps in the profile as level 1.5 looks at


def observe(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """``served``: lists over requests (``itl``: over gaps) and ``duration_s``, ``input`` and
    ``output`` tokens. ``cpu_s`` of ``wall_s``: this process's; ``resident_bytes``, ``peak_bytes``.
    ``decode``, ``prefill``: profiles of decode steps, and of prefills, of one sequence.
    """  # noqa: D205
    engine.forget_peak()
    began, cpu = time.perf_counter(), time.process_time()
    engine.arrivals(engine.prompts(1, numbers.pp, 499), 1)
    served = _served(engine, numbers)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - began
    return {
        "pp_tokens": numbers.pp,
        "served": served,
        "cpu_s": round(cpu_s, 4),
        "wall_s": round(wall_s, 4),
        "resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "peak_bytes": int(engine.memory()["peak_bytes"]),
        "decode": engine.timeline(engine.prompts(1, _PROMPT, 2), _LONGER * numbers.path_steps),
        "prefill": engine.prefills(engine.prompts(_PREFILLS, numbers.pp, 500)),
    }


def paced(engine: Asked, numbers: Numbers, number: int) -> dict[str, Any]:
    """One round's: ``pp`` seconds to the first token, ``tg`` {n: mean seconds a further one}."""
    engine.arrivals(engine.prompts(1, _PROMPT, 599), _AWAKE)
    began, cpu = time.perf_counter(), time.process_time()
    ((first, *_),) = engine.arrivals(engine.prompts(1, numbers.pp, 500 + number), 1)
    (at,) = engine.arrivals(engine.prompts(1, _PROMPT, 600 + number), max(numbers.tg) + 1)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - began
    return {
        "pp": round(first, 7),
        "tg": {str(count): round((at[count] - at[0]) / count, 7) for count in numbers.tg},
        "gap": round(float(np.median(np.diff(at))), 7),
        "cpu_s": round(cpu_s, 4),
        "wall_s": round(wall_s, 4),
    }


def together(seen: Seen, rounds: Sequence[Seen]) -> dict[str, Any]:
    """What ``observe`` saw with the rounds in it: ``pp`` and ``tg`` as lists over them."""
    return {
        **seen,
        "pp": [one["pp"] for one in rounds],
        "tg": {count: [one["tg"][count] for one in rounds] for count in rounds[0]["tg"]},
        **{name: seen[name] + sum(one[name] for one in rounds) for name in ("cpu_s", "wall_s")},
    }


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
    """Seconds, of which less is better: see ``undisturbed``; bytes at the peak.

    ``step_gpu``: time in which a kernel ran, of a decode step of one sequence; ``ppN_gpu``: of a
    prefill of N tokens, if it was profiled. What the host takes is not in them.
    """
    gpu = {f"pp{seen['pp_tokens']}_gpu": seen["prefill"]} if "prefill" in seen else {}
    return {
        **{name: one["busy_us"] / one["steps"] * 1e-6
           for name, one in ({"step_gpu": seen["decode"]} | gpu).items()},
        f"pp{seen['pp_tokens']}": undisturbed(seen["pp"]),
        **{f"tg{count}": undisturbed(values) for count, values in seen["tg"].items()},
        "served_tpot": float(np.median(seen["served"]["tpot"])),
        "peak_bytes": float(seen["peak_bytes"]),
    }  # fmt: skip


def undisturbed(rounds: Sequence[float]) -> float:
    """The lower quartile of rounds' times."""
    return float(np.percentile(rounds, 25))


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
