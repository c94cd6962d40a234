"""The kernels in Triton's interpreter against the float64 reference.

In float16: the interpreter multiplies the raw bits of bf16 operands, so bf16 is tested on a GPU.
"""

import pytest
import torch

from kernels import reference
from kernels.activation import silu_and_mul
from kernels.alignment import align
from kernels.launch import Gemm, launch_jit
from kernels.layer import moe_layer
from kernels.tolerances import SENTINEL, compare

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the compiled kernels")


def entry(m: int, n: int, k: int, group: int = 1) -> dict[str, int]:
    return {
        "BLOCK_SIZE_M": m, "BLOCK_SIZE_N": n, "BLOCK_SIZE_K": k,
        "GROUP_SIZE_M": group, "num_warps": 4, "num_stages": 3,
    }  # fmt: skip


class Layer:
    """Random operands of one layer; routing as the case asks."""

    def __init__(self, tokens: int, experts: int, n: int, k: int, top_k: int, routing: str) -> None:
        torch.manual_seed(tokens + experts + n + k)
        half = torch.float16
        self.x = torch.randn(tokens, k, dtype=half)
        self.gate_up = torch.randn(experts, 2 * n, k, dtype=half) * k**-0.5
        self.down = torch.randn(experts, k, n, dtype=half) * n**-0.5
        self.weight = torch.rand(tokens, top_k)
        if routing == "all-on-one":
            self.expert_of = torch.full((tokens, top_k), experts - 1)
        elif routing == "empty-experts":
            self.expert_of = torch.rand(tokens, max(top_k, experts // 2)).argsort(1)[:, :top_k] * 2
        else:
            self.expert_of = torch.rand(tokens, experts).argsort(1)[:, :top_k]


CASES = [
    (1, 8, 32, 64, 2, "spread"),
    (1, 4, 32, 64, 1, "spread"),
    (7, 4, 40, 72, 2, "spread"),  # nothing divides
    (33, 3, 50, 100, 2, "spread"),
    (20, 8, 32, 64, 2, "empty-experts"),
    (40, 4, 32, 64, 2, "all-on-one"),
    (65, 16, 24, 48, 4, "spread"),
]


@pytest.mark.parametrize("tile", [(16, 32, 64, 1), (16, 64, 32, 4), (32, 32, 128, 16)], ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case, tile):
    layer = Layer(*case)
    operands = (layer.x, layer.gate_up, layer.down, layer.weight, layer.expert_of)
    out = moe_layer(*operands, entry(*tile))
    agreement = compare(out, reference.moe_layer(*operands))
    assert agreement.passes
    assert agreement.logits_diff < 1e-5
    assert agreement.relative_error < 2e-3


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("held", ["some", "none"])
def test_expert_parallel(case, held):
    layer = Layer(*case)
    experts = layer.gate_up.shape[0]
    kept = torch.arange(0, experts, 2) if held == "some" else torch.arange(experts, experts)
    local = torch.full((experts,), -1)
    local[kept] = torch.arange(len(kept))
    if held == "none":  # a rank needs some weights to point at; none of them may be read
        kept = torch.tensor([0])
    weights = layer.gate_up[kept].contiguous(), layer.down[kept].contiguous()
    out = moe_layer(layer.x, *weights, layer.weight, layer.expert_of, entry(16, 32, 64), local)
    mapped = local[layer.expert_of]
    expected = reference.moe_layer(layer.x, *weights, layer.weight, mapped)
    assert compare(out, expected).passes
    if held == "none":
        assert (out == 0).all()


def test_ranks_add_up_to_the_whole():
    layer = Layer(20, 8, 32, 64, 2, "spread")
    whole = (layer.x, layer.gate_up, layer.down, layer.weight, layer.expert_of)
    parts = torch.zeros_like(layer.x, dtype=torch.float32)
    for rank in range(2):
        local = torch.where(torch.arange(8) % 2 == rank, torch.arange(8) // 2, -1)
        held = layer.gate_up[rank::2].contiguous(), layer.down[rank::2].contiguous()
        parts += moe_layer(
            layer.x, *held, layer.weight, layer.expert_of, entry(16, 32, 64), local
        ).float()
    assert compare(parts, reference.moe_layer(*whole)).logits_diff < 1e-5


def test_every_row_is_written_and_padding_writes_none():
    layer = Layer(9, 4, 24, 40, 2, "spread")
    rows = layer.expert_of.numel()
    backing = torch.full((rows + 8, 2 * 24), SENTINEL, dtype=torch.float16)
    alignment = align(layer.expert_of, 4, 16)
    launch_jit(Gemm(layer.x, layer.gate_up, backing[:rows], None, 2), alignment, entry(16, 32, 64))
    assert (backing[:rows] != SENTINEL).all()
    assert (backing[rows:] == SENTINEL).all()


def test_routing_weight_multiplies_in_float32():
    layer = Layer(8, 4, 32, 64, 2, "spread")
    out = torch.empty(16, 64, dtype=torch.float16)
    tiny = torch.full((16,), 1.0 / 3.0)
    alignment = align(layer.expert_of, 4, 16)
    hidden = torch.randn(16, 32, dtype=torch.float16)
    launch_jit(Gemm(hidden, layer.down, out, tiny, 1), alignment, entry(16, 32, 64))
    expected = reference.moe_gemm(hidden, layer.down, layer.expert_of, 1, tiny)
    # One rounding to float16 at the end: half a unit in the last place, 2^-11.
    assert ((out.double() - expected).abs() <= expected.abs() * 2**-10 + 1e-6).all()


@pytest.mark.parametrize("shape", [(1, 2), (3, 34), (5, 2500)])
def test_silu_and_mul(shape):
    x = torch.randn(*shape, dtype=torch.float16)
    agreement = compare(silu_and_mul(x), reference.silu_and_mul(x.double()))
    assert agreement.passes
    assert agreement.relative_error < 1e-3
