"""Answers of a live audit with known figures: no GPU, no clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.audit.live.answers import Answer
from scripts.audit.probes import ORDER

DEVICE, LAYER = "NVIDIA_H200", "E128-N768-K2048-top8-bf16"
SLOW, FAST, WIDE = "M16-N64-K64-G1-W4-S4", "M16-N64-K128-G1-W4-S4", "M64-N128-K64-G1-W4-S3"
CELLS = ((1, 1), (1, 64), (8, 1))
PROCESSES = 3
RATIO = 0.9  # of the second's pass over the first's, where they differ


def told(pick: str, seconds: float = 0.1) -> dict[str, Any]:
    return {
        "outcome": "correct", "pick": pick, "timed_at": 1, "seconds": seconds, "ranked": 4,
        "calls": {"preparing": 2, "profiling": 80, "running": 0}, "top": [pick], "top_us": [1.0],
        "margin": 0.02,
    }  # fmt: skip


def pair(first: str, second: str, picks: tuple[str, str], rng: Any) -> dict[str, Any]:
    factors = [1.0, 1.0] if picks[0] == picks[1] else [1.0, 1.0, RATIO, RATIO]
    us = 100 * np.array(factors) * np.exp(rng.normal(0, 0.001, (24, len(factors))))
    return {
        "first": first, "second": second, "picks": list(picks), "us": us.round(3).tolist(),
        "logits_diff": 1e-6, "max_abs": 0.01, "agree": True, "reference_diff": [1e-5, 1e-5],
        "correct": [True, True], "calls": {"preparing": 4, "profiling": 0, "running": 192},
        "shapes": [["down", "a=8x768 b=128x2048x768 c=8x2048 tile=16x64x64", 96],
                   ["gate_up", "a=1x2048 b=128x1536x2048 c=8x1536 tile=16x64x64", 96]],
    }  # fmt: skip


def cell(process: str, at: tuple[int, int], picks: dict[str, str], pairs: Any) -> Answer:
    tuners = {name: told(pick) for name, pick in picks.items()}
    for name, one in tuners.items():
        if name.startswith("raced"):
            one |= {"decided": True, "tied": [one["pick"]], "rivals": [one["pick"], WIDE]}
    body: dict[str, Any] = {"tuners": tuners, "pairs": pairs}
    if process.startswith("flips"):
        body["stands"] = {"rounds": 24, "us": [[SLOW, 104.0], [FAST, 100.0], [WIDE, 109.0]]}
    return Answer(DEVICE, LAYER, process, f"EP{at[0]}/M{at[1]}", "cell", None, body)


def answers(restarts: int = 20) -> list[Answer]:
    """Three processes of the grid, flips in others, one that died, probes, a re-created tuner."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(1, PROCESSES + 1):
        for at in CELLS:
            # On one cell both choose one config; elsewhere the first flips in the last process.
            first = FAST if at == (8, 1) or number == PROCESSES else SLOW
            picks = {"published": first, "raced graphx": FAST, "sglang": f"{SLOW}+{FAST}",
                     "triton": FAST, "raced published": FAST}  # fmt: skip
            pairs = [
                pair(one, two, (picks[one], picks[two]), rng)
                for one, two in (("published", "raced graphx"), ("sglang", "triton"))
            ]
            found.append(cell(f"grid-{number}", at, picks, pairs))
    kernels = [{"ranks": 1, "tokens": 1, "config": name, "kernels_us": 80.0, "gemm_us": 60.0,
                "kernels": 5.0} for name in (SLOW, FAST)]  # fmt: skip
    body = {"graphs": 2, "kernels": kernels}
    found.append(Answer(DEVICE, LAYER, "grid-1", "kernels", "kernels", None, body))
    for number in range(PROCESSES + 1, restarts + 1):
        flipped = FAST if number % 2 else SLOW
        picks = {"published": flipped, "raced published": FAST, "raced graphx": FAST}
        found += [cell(f"flips-{number}", at, picks, []) for at in CELLS]
    found.append(Answer(DEVICE, LAYER, "grid-2", "EP8/M64", "cell", "worker exited", None))
    faults = {"careless": WIDE, "mended": FAST}
    pairs = [pair("careless", "mended", (WIDE, FAST), rng)]
    found.append(cell("recreated", (1, 1), faults, pairs))
    none = {"verdict": "not_found", "evidence": "as it should be", "unit": "ratio - 1",
            "effect": 0.0, "smallest": 0.01}  # fmt: skip
    said = {name: dict(none) for name in ORDER if name != "coin_flips"}
    said["bucket_cap"] |= {"verdict": "found", "evidence": "nothing is timed above 4096 tokens"}
    body = {"said": said}
    found.append(Answer(DEVICE, LAYER, "probes", "published", "probe", None, body))
    return found
