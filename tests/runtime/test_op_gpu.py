"""vLLM's operator itself: every format is correct, in a graph, by the worker that measures it."""

from __future__ import annotations

import pytest

from scripts.lib.config import parse_id
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.runtime.op import SCHEMES

pytestmark = pytest.mark.gpu
ENTRY = parse_id("M16-N64-K64-G1-W4-S3").to_entry()


@pytest.fixture(scope="module")
def worker():
    pytest.importorskip("vllm", reason="vLLM is not installed on this machine")
    from scripts.runtime.worker import make_op_worker

    protocol = Protocol(batch=6, cap=6, finals_seconds=0.1, rounds=10, least_rounds=10)
    return make_op_worker(protocol, Conditions("uniform", "cold", "op", run_time=()), 0)


@pytest.mark.parametrize("tokens", [1, 64])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_format_is_correct_and_timed(worker, scheme: str, tokens: int) -> None:
    entry = ENTRY | ({"BLOCK_SIZE_K": 128} if scheme == "int4_w4a16" and tokens == 1 else {})
    facts = worker(("open", f"NVIDIA_H200/E8-N512-K1024-top2-{scheme}/M{tokens}", entry))
    assert facts["anchor_error"] is None
    trial = worker(("trial", entry, None))
    assert (trial["outcome"], trial["reason"]) == ("correct", None)
    assert trial["logits_diff"] < 0.01
    assert trial["median_us"] > 0
    assert len(worker(("finals", [entry, entry]))["us"]) == 10


def test_a_trial_says_what_the_operators_own_gemms_take(worker) -> None:
    worker(("open", "NVIDIA_H200/E8-N512-K1024-top2-fp8_w8a8/M64", ENTRY))
    trial = worker(("trial", ENTRY, None))
    assert len(trial["registers"]) == len(trial["spills"]) == 2
    assert all(16 <= registers <= 255 for registers in trial["registers"])
