"""SGLang's operator in Triton's interpreter against float64: the relative error of each case.

A process of its own: Triton interprets from its import on, or never.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

import torch

from scripts.runtime import sglang_op
from scripts.runtime.sglang_source import source

ENTRY = {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 32, "BLOCK_SIZE_K": 32, "GROUP_SIZE_M": 1,
         "num_warps": 4, "num_stages": 3}  # fmt: skip
# Experts, tokens, top_k: rows summed in pairs, one expert a token, rows summed by SGLang's kernel,
# few rows among many experts, which SGLang aligns itself.
CASES = ((4, 6, 2), (4, 5, 1), (4, 40, 3), (80, 20, 1))
K, N = 64, 32


def aligned(ids, experts, block, rows, of, count):
    """As the compiled library sorts rows by expert, each padded to whole blocks."""
    flat, at, blocks = ids.view(-1), 0, []
    rows.fill_(flat.numel())
    for expert in range(experts):
        mine = (flat == expert).nonzero().view(-1)
        rows[at : at + len(mine)] = mine.int()
        at += -(-len(mine) // block) * block
        blocks += [expert] * (-(-len(mine) // block))
    of[: len(blocks)] = torch.tensor(blocks, dtype=torch.int32)
    count.fill_(at)
    print("aligned by the library", experts)


def expected(x, up, down, ids, weight):
    """The layer in float64."""
    out = torch.zeros_like(x, dtype=torch.float64)
    for token, slot in ((t, s) for t in range(ids.shape[0]) for s in range(ids.shape[1])):
        gate, linear = (x[token].double() @ up[ids[token, slot]].double().T).chunk(2)
        inner = torch.nn.functional.silu(gate) * linear
        part = inner @ down[ids[token, slot]].double().T
        out[token] += weight[token, slot].double() * part
    return out


def main() -> None:
    """Run each case."""
    sglang_op._MACHINE["is_arch_support_pdl"] = lambda: False  # a GPU's own instruction
    library = SimpleNamespace(moe_align_block_size=aligned, scaled_fp8_quant=None)
    own = sglang_op.assemble(
        source(sys.argv[1]), library, lambda *_, **__: (dict(ENTRY), (None, None))
    )
    torch.manual_seed(0)
    for experts, tokens, top_k in CASES:
        x, up, down = (
            (torch.randn(*size) / 8).half()
            for size in ((tokens, K), (experts, 2 * N, K), (experts, K, N))
        )
        ids = torch.stack([torch.randperm(experts)[:top_k] for _ in range(tokens)]).int()
        weight = torch.rand(tokens, top_k)
        wanted = expected(x, up, down, ids, weight)
        out = own["fused_experts_impl"](x, up, down, weight, ids).double()
        print("error", float((out - wanted).norm() / wanted.norm()))


if __name__ == "__main__":
    main()
