"""What a binary depends on."""

import pytest

from kernels.formats import SCHEMES
from kernels.variant import Variant, binary_key, compile_options, effective, is_aligned

ENTRY = {
    "BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 256,
    "GROUP_SIZE_M": 16, "num_warps": 4, "num_stages": 3,
}  # fmt: skip


def test_the_binary_depends_on_the_config_and_on_nothing_of_the_batch():
    assert dict(binary_key(ENTRY)) == ENTRY
    assert binary_key(ENTRY | {"SPLIT_K": 1}) == binary_key(ENTRY)
    of_the_layer = {"scheme", "share", "weighted", "aligned", "bias", "swap"}
    assert set(Variant.__dataclass_fields__) == of_the_layer


def test_the_compiler_gets_no_argument_of_the_kernel():
    rocm = ENTRY | {"waves_per_eu": 2, "matrix_instr_nonkdim": 16, "kpack": 2}
    assert set(compile_options(rocm)) == {
        "num_warps", "num_stages", "waves_per_eu", "matrix_instr_nonkdim", "kpack",
    }  # fmt: skip


def test_names_tell_variants_apart():
    assert Variant("bf16", 8, False).name == "bf16-share8-up"
    every = Variant("mxfp4_w4a4", 1, True, aligned=False, bias=True, swap=True)
    assert every.name == "mxfp4_w4a4-share1-down-ragged-bias-swap"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_block_schemes_cut_the_step(scheme):
    expected = 128 if scheme.endswith("b128x128") else 256
    assert effective(ENTRY, SCHEMES[scheme])["BLOCK_SIZE_K"] == expected
    assert effective(ENTRY | {"BLOCK_SIZE_K": 64}, SCHEMES[scheme])["BLOCK_SIZE_K"] == 64


@pytest.mark.parametrize(
    ("scheme", "columns", "depth", "aligned"),
    [
        ("bf16", 352, 4096, True),
        ("bf16", 350, 4096, False),
        ("fp8_w8a8", 176, 176, True),
        ("int4_w4a16", 176, 176, False),  # 88 bytes a row
        ("mxfp4_w4a4", 176, 2880, True),
    ],
)
def test_wide_loads_need_rows_of_16_bytes(scheme, columns, depth, aligned):
    assert is_aligned(SCHEMES[scheme], columns, depth) is aligned
