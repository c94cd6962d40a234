"""The kernels in Triton's interpreter against the float64 reference.

In float16: the interpreter multiplies the raw bits of bf16 operands, so bf16 is tested on a GPU.
"""

import pytest
import torch

from kernels import reference
from kernels.activation import silu_and_mul
from kernels.alignment import align
from kernels.formats import Matrix
from kernels.launch import Gemm, launch_jit
from kernels.layer import Layer, moe_layer
from kernels.tolerances import SENTINEL, compare

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the compiled kernels")


def entry(m: int, n: int, k: int, group: int = 1) -> dict[str, int]:
    return {
        "BLOCK_SIZE_M": m, "BLOCK_SIZE_N": n, "BLOCK_SIZE_K": k,
        "GROUP_SIZE_M": group, "num_warps": 4, "num_stages": 3,
    }  # fmt: skip


class Case:
    """Random operands of one fp16 layer; routing as the case asks."""

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

    def run(self, held: slice | torch.Tensor, tile: dict[str, int], local=None) -> torch.Tensor:
        """The layer with the weights of the experts ``held``."""
        gate_up, down = (w[held].contiguous() for w in (self.gate_up, self.down))
        layer = Layer("fp16", Matrix(gate_up), Matrix(down))
        return moe_layer(self.x, layer, self.weight, self.expert_of, tile, local)

    def expected(self, held: slice | torch.Tensor, local=None) -> torch.Tensor:
        """The same in float64."""
        mapped = self.expert_of if local is None else local[self.expert_of]
        return reference.moe_layer(self.x, self.gate_up[held], self.down[held], self.weight, mapped)


ALL = slice(None)
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
    layer = Case(*case)
    agreement = compare(layer.run(ALL, entry(*tile)), layer.expected(ALL))
    assert agreement.passes
    assert agreement.logits_diff < 1e-5
    assert agreement.relative_error < 2e-3


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("held", ["some", "none"])
def test_expert_parallel(case, held):
    layer = Case(*case)
    experts = layer.gate_up.shape[0]
    kept = torch.arange(0, experts, 2) if held == "some" else torch.arange(experts, experts)
    local = torch.full((experts,), -1)
    local[kept] = torch.arange(len(kept))
    if held == "none":  # a rank needs some weights to point at; none of them may be read
        kept = torch.tensor([0])
    out = layer.run(kept, entry(16, 32, 64), local)
    assert compare(out, layer.expected(kept, local)).passes
    if held == "none":
        assert (out == 0).all()


def test_ranks_add_up_to_the_whole():
    layer = Case(20, 8, 32, 64, 2, "spread")
    parts = torch.zeros_like(layer.x, dtype=torch.float32)
    for rank in range(2):
        local = torch.where(torch.arange(8) % 2 == rank, torch.arange(8) // 2, -1)
        parts += layer.run(slice(rank, None, 2), entry(16, 32, 64), local).float()
    assert compare(parts, layer.expected(ALL)).logits_diff < 1e-5


def test_every_row_is_written_and_padding_writes_none():
    layer = Case(9, 4, 24, 40, 2, "spread")
    rows = layer.expert_of.numel()
    backing = torch.full((rows + 8, 2 * 24), SENTINEL, dtype=torch.float16)
    alignment = align(layer.expert_of, 4, 16)
    gemm = Gemm(Matrix(layer.x), Matrix(layer.gate_up), backing[:rows], None, 2, "fp16")
    launch_jit(gemm, alignment, entry(16, 32, 64))
    assert (backing[:rows] != SENTINEL).all()
    assert (backing[rows:] == SENTINEL).all()


def test_routing_weight_multiplies_in_float32():
    layer = Case(8, 4, 32, 64, 2, "spread")
    out = torch.empty(16, 64, dtype=torch.float16)
    tiny = torch.full((16,), 1.0 / 3.0)
    alignment = align(layer.expert_of, 4, 16)
    hidden = torch.randn(16, 32, dtype=torch.float16)
    gemm = Gemm(Matrix(hidden), Matrix(layer.down), out, tiny, 1, "fp16")
    launch_jit(gemm, alignment, entry(16, 32, 64))
    expected = reference.moe_gemm(hidden, layer.down, layer.expert_of, 1, tiny)
    # One rounding to float16 at the end: half a unit in the last place, 2^-11.
    assert ((out.double() - expected).abs() <= expected.abs() * 2**-10 + 1e-6).all()


@pytest.mark.parametrize("shape", [(1, 2), (3, 34), (5, 2500)])
def test_silu_and_mul(shape):
    x = torch.randn(*shape, dtype=torch.float16)
    agreement = compare(silu_and_mul(x), reference.silu_and_mul(x.double()))
    assert agreement.passes
    assert agreement.relative_error < 1e-3
