"""What a boot says in its log is read as it stands there."""

from __future__ import annotations

import pytest

from scripts.engine.boot_log import facts_of, not_read

FOLDER = "/v/layers/fused_moe/configs"
OURS = "/tuned/E=8,N=14336,device_name=NVIDIA_H200,dtype=fp8_w8a8.json"
BLOCK = f"{FOLDER}/E=64,N=2048,device_name=NVIDIA_H200,dtype=fp8_w8a8,block_shape=[128,128].json"
STAMP = "INFO 11-29 12:25:09"
READ = f"{STAMP} [fused_moe.py:1058] Using configuration from {OURS} for MoE layer.\n"
DEFAULT = (
    f"WARNING 11-29 12:25:44 [fused_moe.py:1071] Using default MoE config. Performance might be "
    f"sub-optimal! Config file not found at {OURS}, {BLOCK}\n"
)
LINEAR = f"{STAMP} [fp8_utils.py:876] Using configuration from /x.json for W8A8 Block FP8 kernel.\n"
REST = f"""\
{STAMP} [cuda.py:480] Using FLASH_ATTN_MLA attention backend out of potential backends: ['A', 'B'].
{STAMP} [fp8.py:376] Using TRITON Fp8 MoE backend out of potential backends: ['AITER', 'TRITON'].
{STAMP} [gpu_model_runner.py:5255] Model loading took 3.23 GiB memory and 0.449258 seconds
{STAMP} [gpu_model_runner.py:6656] Graph capturing finished in 5 secs, took 2.72 GiB
"""


def test_facts_of_a_boot():
    found = facts_of(READ + LINEAR + REST)
    assert found["configs"] == [OURS]
    assert found["defaults"] == []
    assert (found["moe_backend"], found["attention_backend"]) == ("TRITON", "FLASH_ATTN_MLA")
    assert (found["weights_gib"], found["graphs_gib"], found["graphs_s"]) == (3.23, 2.72, 5.0)
    assert found["compile_s"] is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Using 'MARLIN' Mxfp4 MoE backend.", "MARLIN"),
        ("Using TRITON Unquantized MoE backend out of potential backends: ['TRITON'].", "TRITON"),
        ("Using 'TRITON_UNFUSED' Mxfp4 MoE backend.", "TRITON_UNFUSED"),
    ],
)
def test_backends_by_their_names(line, name):
    assert facts_of(f"{STAMP} [mxfp4.py:390] {line}\n")["moe_backend"] == name


def test_a_file_that_was_not_read_has_a_reason():
    assert not_read(facts_of(READ), "/tuned") is None
    assert not_read(facts_of(READ), None) is None
    assert not_read(facts_of(READ), "/tune").startswith("another file was read: /tuned/")
    assert facts_of(DEFAULT)["defaults"] == sorted([OURS, BLOCK])
    assert not_read(facts_of(DEFAULT), "/tuned").startswith("a file was not found: /")
    assert not_read(facts_of(REST), "/tuned").startswith("no file was read")
