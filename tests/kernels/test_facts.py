"""Facts are read from what the compiler made: AMD's text here, binaries in tests/space."""

from types import SimpleNamespace

import pytest

from kernels.facts import Facts, facts_of

GCN = """
; %bb.0:
\ts_load_dwordx2 s[0:1], s[2:3], 0x0
\tglobal_load_dwordx4 v[0:3], v4, s[0:1]
\ts_waitcnt vmcnt(0)
\tds_write_b128 v5, v[0:3]
\tds_read_b64 v[6:7], v5
\tv_mfma_f32_16x16x16_bf16 a[0:3], v[6:7], v[6:7], 0
\tv_mfma_f32_16x16x16_bf16 a[0:3], v[6:7], v[6:7], a[0:3]
\tglobal_store_dwordx4 v4, v[0:3], s[0:1]
\ts_endpgm
\t.section\t.rodata
; Occupancy: 5
    .vgpr_count:     96
    .vgpr_spill_count: 3
"""


def test_amd_text() -> None:
    made = SimpleNamespace(metadata=SimpleNamespace(shared=16_384), asm={"amdgcn": GCN})
    assert facts_of(made) == Facts(
        shared_bytes=16_384, registers=96, spills=3, waves_per_simd=5,
        tensor_ops=2, global_ops=2, shared_ops=2, instructions=9,
    )  # fmt: skip


def test_text_without_the_figure_is_an_error() -> None:
    made = SimpleNamespace(metadata=SimpleNamespace(shared=0), asm={"amdgcn": "\ts_endpgm\n"})
    with pytest.raises(ValueError, match="vgpr_count"):
        facts_of(made)
