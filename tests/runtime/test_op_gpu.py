"""The runtimes' operators themselves: every format is correct, in a graph, by the worker that
measures it."""  # noqa: D205,D209

from __future__ import annotations

from functools import cache, partial

import pytest

from scripts.lib.config import parse_id
from scripts.lib.runtimes.default_config import PACKED, default_config
from scripts.lib.shape import parse_cell
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.runtime.op import SCHEMES
from scripts.runtime.operators import sglang, vllm
from scripts.runtime.sglang_op import SCHEMES as OF_SGLANG
from scripts.runtime.sglang_source import RELEASES, source

pytestmark = pytest.mark.gpu
ENTRY = parse_id("M16-N64-K64-G1-W4-S3").to_entry()
FORMATS = [
    (runtime, scheme)
    for runtime, schemes in (("vllm", SCHEMES), ("sglang", OF_SGLANG))
    for scheme in schemes
]


@cache
def worker_of(runtime: str):
    pytest.importorskip("vllm", reason="vLLM is not installed on this machine")
    from scripts.runtime.worker import make_op_worker

    protocol = Protocol(batch=6, cap=6, finals_seconds=0.1, rounds=10, least_rounds=10)
    make = vllm if runtime == "vllm" else partial(sglang, source(RELEASES[-1]))
    conditions = Conditions("uniform", "cold", "op", run_time=())
    return make_op_worker(protocol, conditions, 0, make=make)


@pytest.mark.parametrize("tokens", [1, 64])
@pytest.mark.parametrize(("runtime", "scheme"), FORMATS)
def test_every_format_is_correct_and_timed(runtime: str, scheme: str, tokens: int) -> None:
    worker = worker_of(runtime)
    cell = parse_cell(f"NVIDIA_H200/E8-N512-K1024-top2-{scheme}/M{tokens}")
    few = {"BLOCK_SIZE_K": 128} if scheme == "int4_w4a16" and tokens == 1 else {}
    entries = [ENTRY | few]
    if scheme in PACKED:
        entries.append(default_config(cell.shape, tokens).to_entry())
    facts = worker(("open", cell.id, entries[0]))
    assert facts["anchor_error"] is None
    for entry in entries:
        trial = worker(("trial", entry, None))
        assert (trial["outcome"], trial["reason"]) == ("correct", None)
        assert trial["logits_diff"] < 0.01
        assert trial["median_us"] > 0
    assert len(worker(("finals", [entries[0], entries[-1]]))["us"]) == 10


@pytest.mark.parametrize("runtime", ["vllm", "sglang"])
def test_a_trial_says_what_the_operators_own_gemms_take(runtime: str) -> None:
    worker = worker_of(runtime)
    worker(("open", "NVIDIA_H200/E8-N512-K1024-top2-fp8_w8a8/M64", ENTRY))
    trial = worker(("trial", ENTRY, None))
    assert len(trial["registers"]) == len(trial["spills"]) == 2
    assert all(16 <= registers <= 255 for registers in trial["registers"])
