"""An engine that answers what it is asked from a seed: kernels with noise, questions worked out.

Its kernels' times are the leg's own (SPEED in its environment, with a few thousandths of noise for
each boot and less for each repeat); FAULT="profile:crash" makes a question fail for good.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np

from scripts.engine.spec import read_spec
from scripts.engine.worker import make_parser, serve
from scripts.evidence.model.questions import PAD_ID, decode, drawn, encode
from tests.engine import scripted

# Name, calls and microseconds of a decode step's kernels, as of a model of four layers.
KERNELS = (("fused_moe_kernel", 8, 90.0), ("flash::FlashAttnFwdSm90", 4, 22.0),
           ("nvjet_sm90_tst_64x16_64x16_4x1", 9, 14.0), ("triton_red_fused_moe_forward_0", 4, 3.0),
           ("void vllm::moe::topkGating<8>", 4, 2.5))  # fmt: skip
ASKED = {one.prompt: one for one in drawn(7, 500)}


def kernels(
    boot: float, draw: np.random.Generator, steps: int, slower: float, speed: float
) -> dict[str, Any]:
    rows = []
    for place, (name, calls, us) in enumerate(KERNELS):
        noise = np.exp(boot + draw.normal(0, 0.001))
        total = float(steps * calls * us * (speed if place == 0 else 1.0) * slower * noise)
        rows.append({"name": name, "calls": steps * calls, "total_us": total,
                     "mean_us": total / (steps * calls)})  # fmt: skip
    return {"kernels": rows, "steps": steps, "wall_s": 0.1}


def answer(prompt: list[int], number: int) -> list[int]:
    """Worked out, but every thirtieth is wrong, and every hundredth never ends."""
    worked = encode(ASKED[tuple(decode(prompt))].worked)
    if number % 100 == 99:
        return [*worked[:-1], PAD_ID]
    return worked[-1:] if number % 30 == 29 else worked


def main() -> None:
    args = make_parser().parse_args()
    spec = read_spec(args.spec)
    answers = os.dup(1)
    os.dup2(2, 1)
    at, _, fault = os.environ.get("FAULT", "").partition(":")
    draw = np.random.default_rng(zlib.crc32(f"{spec.name} {os.environ.get('SEED')}".encode()))
    boot, speed = float(draw.normal(0, 0.002)), float(os.environ.get("SPEED", "1"))
    said = 0

    def ask(do: str, question: dict[str, Any]) -> dict[str, Any]:
        nonlocal said
        if do == at:
            scripted.FAULTS[fault]()
        if do == "boot":
            read = [f"{spec.config_folder}/E=8.json"] if spec.config_folder else []
            return {"graph_mode": "FULL", "async_scheduling": True, "peak_bytes": 2**31,
                    "configs": read, "defaults": [], "moe_backend": "TRITON"}  # fmt: skip
        if do == "profile":
            steps = question["steps"]
            return {"decode": kernels(boot, draw, steps, 1.0, speed),
                    "prefill": kernels(boot, draw, 1, 9.0, speed)}  # fmt: skip
        if do == "latency":
            times = {"seconds": 0.1, "first_s": 0.01, "itl_s": {"median": 0.0015}}
            return {"runs": [times] * question["repeats"]}
        tokens = [answer(one, said + n) for n, one in enumerate(question["prompts"])]
        said += len(tokens)
        return {"tokens": tokens}

    serve(ask, answers)


if __name__ == "__main__":
    main()
