"""Compiling ahead in child processes, on a machine without a GPU."""

import pandas as pd
import pytest
from triton.backends.compiler import GPUTarget

from scripts.lib.shape import parse_shape
from scripts.measure.compile_run import jobs_of_plan
from scripts.measure.work.binaries import compile_all, jobs_of
from tests.measure.bench import PLAN

SM90 = GPUTarget("cuda", 90, 32)
SHAPE = parse_shape("E8-N256-K512-top2-bf16")
ENTRY = {
    "BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 32, "BLOCK_SIZE_K": 64,
    "GROUP_SIZE_M": 1, "num_warps": 4, "num_stages": 2,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _compiler(monkeypatch, tmp_path):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)  # children compile, whatever we do
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))


def test_good_binaries_and_the_compilers_own_words_for_bad_ones():
    bad = ENTRY | {"BLOCK_SIZE_M": 24}  # no power of two
    results = list(compile_all(jobs_of([ENTRY, bad], SHAPE), SM90, 60, processes=2))
    by_id = {result["binary_id"]: result for result in results}
    assert len(by_id) == 4
    for binary, result in by_id.items():
        if "BLOCK_SIZE_M=24" in binary:
            assert result["outcome"] == "compile_error"
            assert "power of" in result["reason"]
        else:
            assert result["outcome"] == "correct", result
            assert result["shared_bytes"] == (16 + 32) * 64 * 2  # one stage fewer: no wgmma


def test_a_compiler_that_hangs_costs_its_own_binary_only():
    results = list(compile_all(jobs_of([ENTRY], SHAPE), SM90, 0.01, processes=2))
    assert {result["outcome"] for result in results} == {"compile_error"}
    assert all(result["reason"].startswith("hung") for result in results)


def test_both_gemms_of_a_config_once_whatever_the_shapes():
    jobs = jobs_of([ENTRY, ENTRY, ENTRY | {"SPLIT_K": 1}], SHAPE)
    assert [job.variant.name for job in jobs] == ["bf16-share2-up", "bf16-share1-down"]
    other = PLAN.assign(cell_id="NVIDIA_H200/E128-N768-K2048-top8-bf16/M4")
    both = jobs_of_plan(pd.concat([PLAN, other]))
    # Gate-up differs by top_k, the down GEMM is the same for both shapes.
    assert len(both) == len(set(both)) == 3 * len(PLAN)
    assert {job.variant.scheme for job in both} == {"bf16"}
