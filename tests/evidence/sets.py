"""Sets of evidence made of a seed without a process: what scripted engines answer, collected."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.evidence.collect import leg_of
from scripts.evidence.leg import CHUNK
from scripts.evidence.model.questions import drawn, encode
from scripts.evidence.suite import suite_of
from tests.evidence import scripted
from tests.evidence.plans import LEGS, conditions, suite


def made(seed: int, boots: int = 2) -> dict[str, Any]:
    """A whole set of three legs with the noise of a seed."""
    plan = suite(boots=boots)
    planned = suite_of(plan, "plan")
    draw = np.random.default_rng(seed)
    legs = {leg.name: leg_of(planned, leg, _bodies(planned, float(LEGS[leg.name]), draw))
            for leg in planned.legs}  # fmt: skip
    found = conditions()
    provenance = [
        {"leg": leg, "start": 0, "seconds": 90.0, "exit": "ended", "outcome": "ok", **found.about}
        for leg in legs
    ]
    premises = {**found.premises, "weights": "ab" * 8}
    held = {"suite": plan, "premises": premises, "options": dict(found.options),
            "gpu_uuid": f"GPU-{seed}", "provenance": provenance}  # fmt: skip
    return {"set": held, "legs": legs}


def _bodies(suite: Any, speed: float, draw: np.random.Generator) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []

    def add(key: str, result: dict[str, Any], **about: Any) -> None:
        bodies.append({"kind": "result", "key": key, "outcome": "ok", "reason": "", "start": 0,
                       "result": result, **about})  # fmt: skip

    for boot in range(suite.boots):
        facts = {"graph_mode": "FULL", "async_scheduling": True, "peak_bytes": 2**31,
                 "configs": ["E=8.json"], "defaults": [], "moe_backend": "TRITON"}  # fmt: skip
        add(f"boot/{boot}/0", facts)
        own = float(draw.normal(0, 0.002))
        for repeat in range(suite.repeats):
            phases = {"decode": scripted.kernels(own, draw, 8, 1.0, speed),
                      "prefill": scripted.kernels(own, draw, 1, 9.0, speed)}  # fmt: skip
            times = {"seconds": 0.1, "first_s": 0.01, "itl_s": {"median": 0.0015 * speed}}
            add(f"profile/{boot}/{repeat}", phases, boot=f"{boot}.0")
            add(f"latency/{boot}/{repeat}", {"runs": [times]}, boot=f"{boot}.0")
    asked = drawn(suite.question_seed, suite.questions)
    for first in range(0, suite.questions, CHUNK):
        some = asked[first : first + CHUNK]
        tokens = [scripted.answer(encode(one.prompt), first + n) for n, one in enumerate(some)]
        add(f"answers/{first}", {"tokens": tokens}, boot="answering.0")
    bodies += [{"kind": "memory", "start": 0, "at_s": at, "gpu_bytes": 2**33} for at in (1, 30, 60)]
    add("watch/0", {"until_s": 90.0})
    return bodies
