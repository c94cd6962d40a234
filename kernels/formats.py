"""The number formats of the GEMM: how each scheme stores activations and weights, and scales them.

A scheme is a name of ours (scripts.lib.shape) for what the public config files call a dtype and a
block shape. Published definitions: OCP 8-bit Floating Point Specification 1.0 (e4m3), OCP
Microscaling Formats Specification 1.0 (e2m1 elements, e8m0 scales, blocks of 32), and for grouped
int4 the AWQ and GPTQ papers (arXiv 2306.00978, 2210.17323).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch


class Element(StrEnum):
    """What one stored number is."""

    BF16 = "bf16"
    FP16 = "fp16"
    FP8 = "fp8"  # e4m3; e4m3fnuz on gfx942
    INT8 = "int8"  # two's complement
    INT4 = "int4"  # unsigned nibbles, two to a byte, even k in the low one
    MXFP4 = "mxfp4"  # e2m1 nibbles packed alike, an e8m0 scale for every 32


class Scaling(StrEnum):
    """What one scale covers. The product is scaled after the sum, except within BLOCK and finer."""

    NONE = "none"
    TENSOR = "tensor"  # all activations; one expert's weights
    CHANNEL = "channel"  # a row of activations (if they are quantised); an output column of weights
    BLOCK = "block"  # group_k numbers of a row; group_n x group_k weights
    GROUP = "group"  # group_k weights of a column, applied before the product
    MICRO = "micro"  # 32 numbers along K, a power of two


@dataclass(frozen=True)
class Format:
    """One scheme. ``group_n``, ``group_k``: weights under one scale, where scales are that fine."""

    name: str
    a: Element
    b: Element
    scaling: Scaling = Scaling.NONE
    group_n: int = 1
    group_k: int = 1
    zero_points: bool = False

    @property
    def a_bits(self) -> int:
        """Bits of one stored activation."""
        return BITS[self.a]

    @property
    def b_bits(self) -> int:
        """Bits of one stored weight, its scale not counted."""
        return BITS[self.b]

    @property
    def quantised_activations(self) -> bool:
        """Whether activations are stored in fewer than 16 bits."""
        return self.a_bits < 16

    @property
    def compute(self) -> torch.dtype:
        """Dtype of layer inputs and outputs."""
        return torch.float16 if self.a is Element.FP16 else torch.bfloat16


BITS = {
    Element.BF16: 16, Element.FP16: 16, Element.FP8: 8, Element.INT8: 8,
    Element.INT4: 4, Element.MXFP4: 4,
}  # fmt: skip

MX_GROUP = 32  # numbers under one e8m0 scale (OCP MX 1.0)

SCHEMES = {
    form.name: form
    for form in (
        Format("bf16", Element.BF16, Element.BF16),
        Format("fp16", Element.FP16, Element.FP16),
        Format("fp8_w8a8", Element.FP8, Element.FP8, Scaling.TENSOR),
        Format("fp8_w8a8_channel", Element.FP8, Element.FP8, Scaling.CHANNEL),
        Format("fp8_w8a8_b128x128", Element.FP8, Element.FP8, Scaling.BLOCK, 128, 128),
        Format("int8_w8a8", Element.INT8, Element.INT8, Scaling.CHANNEL),
        Format("int8_w8a8_b128x128", Element.INT8, Element.INT8, Scaling.BLOCK, 128, 128),
        Format("int8_w8a16", Element.BF16, Element.INT8, Scaling.CHANNEL),
        Format("int4_w4a16", Element.BF16, Element.INT4, Scaling.GROUP, 1, 128),
        Format("int4_w4a16_g32", Element.BF16, Element.INT4, Scaling.GROUP, 1, 32),
        Format("int4_w4a16_zp", Element.BF16, Element.INT4, Scaling.GROUP, 1, 128, True),
        Format("mxfp4_w4a16", Element.BF16, Element.MXFP4, Scaling.MICRO, 1, MX_GROUP),
        Format("mxfp4_w4a4", Element.MXFP4, Element.MXFP4, Scaling.MICRO, 1, MX_GROUP),
    )
}


@dataclass(frozen=True)
class Matrix:
    """Activations [rows, K] or weights [experts, N, K] as stored, K contiguous.

    ``values``: 16-bit float, float8_e4m3, int8, or uint8 [..., K / 2] where two numbers share a
    byte. ``scale``: float32, by Format.scaling: TENSOR [1] or [experts]; CHANNEL [rows] or
    [experts, N]; BLOCK [rows, ceil(K / group_k)] or [experts, ceil(N / group_n),
    ceil(K / group_k)]; GROUP [experts, N, ceil(K / group_k)]; MICRO uint8 (e8m0, 2 ** (value -
    127)) [rows, ceil(K / 32)] or [experts, N, ceil(K / 32)]. ``zero``: uint8 [experts, N,
    ceil(K / group_k)], the nibble that stands for zero, where the format has zero points.
    """

    values: torch.Tensor
    scale: torch.Tensor | None = None
    zero: torch.Tensor | None = None
