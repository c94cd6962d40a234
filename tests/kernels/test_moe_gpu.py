"""The compiled kernels on a GPU against the float64 reference, at the sizes of the dataset."""

import pytest
import torch

from kernels import reference
from kernels.layer import moe_layer
from kernels.tolerances import MAX_LOGITS_DIFF, compare

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU"),
]

ENTRIES = [
    {
        "BLOCK_SIZE_M": m, "BLOCK_SIZE_N": n, "BLOCK_SIZE_K": k,
        "GROUP_SIZE_M": g, "num_warps": w, "num_stages": s,
    }
    for m, n, k, g, w, s in [
        (16, 128, 128, 1, 4, 3), (64, 64, 64, 16, 4, 4), (128, 256, 64, 32, 8, 3),
    ]
]  # fmt: skip
SHAPES = [
    (8, 3584, 4096, 2), (8, 1792, 4096, 2), (128, 768, 2048, 8), (128, 384, 2048, 8),
    (8, 200, 152, 2),  # tiles that do not divide, N and K still multiples of 8
]  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["BLOCK_SIZE_M"]))
@pytest.mark.parametrize("tokens", [1, 33, 1024])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("parallel", [False, True], ids=["all-local", "expert-parallel"])
def test_layer(shape, tokens, entry, dtype, parallel):
    experts, n, k, top_k = shape
    torch.manual_seed(tokens)
    x = torch.randn(tokens, k, device="cuda", dtype=dtype)
    gate_up = torch.randn(experts, 2 * n, k, device="cuda", dtype=dtype) * k**-0.5
    down = torch.randn(experts, k, n, device="cuda", dtype=dtype) * n**-0.5
    expert_of = torch.rand(tokens, experts, device="cuda").topk(top_k).indices
    weight = torch.rand(tokens, top_k, device="cuda")
    local, mapped = None, expert_of
    if parallel:
        local = torch.where(torch.arange(experts) % 2 == 0, torch.arange(experts) // 2, -1).cuda()
        gate_up, down, mapped = gate_up[::2].contiguous(), down[::2].contiguous(), local[expert_of]
    out = moe_layer(x, gate_up, down, weight, expert_of, entry, local)
    expected = reference.moe_layer(x, gate_up, down, weight, mapped)
    agreement = compare(out, expected)
    assert agreement.finite
    assert agreement.logits_diff <= MAX_LOGITS_DIFF, agreement
