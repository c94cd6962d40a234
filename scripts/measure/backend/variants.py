"""The two binaries that a config is to a layer."""

from __future__ import annotations

from kernels.formats import SCHEMES
from kernels.variant import Variant, is_aligned
from scripts.lib.shape import Shape


def variants(shape: Shape) -> tuple[Variant, Variant]:
    """The gate-up and the down GEMM of a layer."""
    form, n, k = SCHEMES[shape.scheme], shape.intermediate, shape.hidden
    return (
        Variant(shape.scheme, shape.top_k, False, is_aligned(form, 2 * n, k)),
        Variant(shape.scheme, 1, True, is_aligned(form, k, n)),
    )
