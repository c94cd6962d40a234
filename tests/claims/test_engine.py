"""The engine's part of an end-to-end claim: a file not read, or that changes outputs, has none."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from scripts.claims.engine import in_engine
from scripts.lib.config import parse_id
from scripts.lib.schemas.engine import ENGINE_OUTPUTS

LAYER = "NVIDIA_H200/E8-N7168-K4096-top2-bf16"
FILE = {1: parse_id("M16-N32-K64-G1-W4-S3"), 4: parse_id("M16-N64-K64-G1-W4-S3")}
ROW = {
    "device": "NVIDIA_H200", "model": "mix", "shape": "E8-N7168-K4096-top2-bf16", "boot": "mix-0",
    "recording": "r", "config": "ours", "again": False, "planted": False,
    "outcome": "ok", "reason": "", "logits_diff": 1e-6,
    "prompts": 24, "next_equal": 23, "tied": 1, "tokens_equal": 180, "tokens_compared": 181,
    "file": "E=8,N=7168,device_name=NVIDIA_H200.json", "kernel_hash": "0123",
    "launched": json.dumps({"1": FILE[1].id, "4": FILE[4].id}),
}  # fmt: skip


def reasons(kernels=("0123",), **changed) -> list[str]:
    rows = pd.DataFrame([ROW | changed], columns=ENGINE_OUTPUTS.names)
    return list(in_engine(FILE, LAYER, rows, kernels, 0.01))


def test_a_file_that_was_read_and_says_the_same_passes():
    assert reasons() == []
    assert reasons(kernels=()) == []  # judged by graphx's own kernels alone


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"outcome": "wrong_output", "reason": "logits_diff 0.4 is over 0.01"},
            "wrong_output: log",
        ),
        ({"outcome": "file_not_read", "reason": "another file"}, "file_not_read: another file"),
        ({"outcome": "crash", "reason": "killed by SIGKILL"}, "crash: killed by SIGKILL"),
        ({"outcome": "out_of_memory", "reason": "CUDA"}, "out_of_memory: CUDA"),
        ({"file": ""}, "no config file was read"),
        ({"launched": None}, "which configs it launched was not noted"),
        ({"launched": '{"4": "M16-N32-K64-G1-W4-S3"}'}, "4: it launched M16-N32-K64-G1-W4-S3, the"),
        ({"launched": '{"8": "M16-N32-K64-G1-W4-S3"}'}, "the file says none"),
        ({"logits_diff": 0.011}, "logits_diff: 0.011 is not at most 0.01"),
        ({"logits_diff": None}, "is not at most 0.01"),
        ({"next_equal": 22}, "of 24 next tokens 22 are equal, 1 tied"),
        ({"kernel_hash": "4567"}, "kernel_hash: 4567 is not what the file was judged under, 0123"),
    ],
)
def test_each_fault_is_a_reason(changed, said):
    found = reasons(**changed)
    assert len(found) == 1
    assert found[0].startswith("engine: mix-0: ")
    assert said in found[0]


def test_what_was_never_run_fails():
    (why,) = in_engine(FILE, LAYER, None, (), 0.01)
    assert "was never run with and without the file" in why
    other = reasons(shape="E8-N3584-K4096-top2-bf16")
    assert other == [why]
    assert reasons(config="committed") == [why]
