"""Launch the GEMM: a binary compiled ahead, or through Triton's own JIT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import triton

from kernels.alignment import Alignment
from kernels.compilation import switches
from kernels.formats import SCHEMES, Matrix
from kernels.moe_gemm import moe_gemm_kernel
from kernels.variant import TILE_KEYS, Variant, compile_options, effective, is_aligned


@dataclass(frozen=True)
class Gemm:
    """Operands of one GEMM.

    ``a`` [rows, K], ``b`` [experts, N, K], ``c`` [assignments, N], ``route_weight`` float32
    [assignments] or None, ``bias`` [experts, N] or None. Row i of C is row ``i // share`` of A
    times its expert's weights.
    """

    a: Matrix
    b: Matrix
    c: torch.Tensor
    route_weight: torch.Tensor | None
    share: int
    scheme: str
    bias: torch.Tensor | None = None
    swap: bool = False

    @property
    def columns(self) -> int:
        """N."""
        return self.b.values.shape[1]

    @property
    def depth(self) -> int:
        """K, numbers in a row of weights."""
        per_byte = 2 if self.b.values.dtype is torch.uint8 else 1
        return self.b.values.shape[2] * per_byte

    @property
    def variant(self) -> Variant:
        """What a binary for these operands is compiled for."""
        return Variant(
            self.scheme,
            self.share,
            weighted=self.route_weight is not None,
            aligned=is_aligned(SCHEMES[self.scheme], self.columns, self.depth),
            bias=self.bias is not None,
            swap=self.swap,
        )


def _scale_strides(gemm: Gemm) -> tuple[int, int, int]:
    """Row stride of A's scales; expert and row stride of B's. 0 where there is one or none."""
    a, b = gemm.a.scale, gemm.b.scale
    of_a = 0 if a is None or a.numel() == 1 else a.stride(0)
    of_b = (b.stride(0), b.stride(1) if b.dim() > 1 else 0) if b is not None else (0, 0)
    return (of_a, *of_b)


def arguments(gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]) -> tuple[Any, ...]:
    """All kernel arguments in order, compile-time ones included (a launch skips those)."""
    variant = gemm.variant
    tiles = effective(entry, variant.form)
    unread = alignment.num_padded  # any valid pointer, where a switch leaves the argument unread
    optional = (gemm.a.scale, gemm.b.scale, gemm.b.zero, gemm.bias, gemm.route_weight)
    return (
        gemm.a.values, gemm.b.values, gemm.c,
        *(unread if tensor is None else tensor for tensor in optional),
        alignment.sorted_ids, alignment.expert_ids, alignment.num_padded,
        gemm.columns, gemm.depth, alignment.bound, gemm.c.shape[0],
        gemm.a.values.stride(0), gemm.b.values.stride(0), gemm.b.values.stride(1),
        gemm.c.stride(0), *_scale_strides(gemm),
        gemm.share, tiles["GROUP_SIZE_M"],
        *(tiles[key] for key in TILE_KEYS), *switches(variant).values(),
    )  # fmt: skip


def grid(gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]) -> tuple[int, int, int]:
    """Programs of one launch: blocks of rows in the worst routing times blocks of columns."""
    blocks_n = triton.cdiv(gemm.columns, entry["BLOCK_SIZE_N"])
    return (alignment.bound // entry["BLOCK_SIZE_M"] * blocks_n, 1, 1)


def launch_compiled(
    compiled: Any, gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]
) -> None:
    """Launch a binary from ``compile_gemm`` on the current stream (captures into a CUDA graph)."""
    compiled[grid(gemm, alignment, entry)](*arguments(gemm, alignment, entry))


def launch_jit(gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]) -> None:
    """Launch through Triton's JIT; also the way into its interpreter on a CPU."""
    launch = moe_gemm_kernel[grid(gemm, alignment, entry)]
    launch(*arguments(gemm, alignment, entry), **compile_options(entry))
