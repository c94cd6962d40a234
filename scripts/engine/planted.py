"""A planted fault: an experts' GEMM that leaves out part of its sum, in every config alike.

Its source and its configs are as judged, so that nothing but its outputs can tell. For vLLM 0.24.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What is left of K, by kind. Tiles along K are 32 to 256 wide.
KINDS: dict[str, Callable[[int], int]] = {
    "half-of-k": lambda k: k // 2,
    "last-of-k": lambda k: k - 256,
}
_K = 11  # of the kernel's positional arguments: pointers, N, K
_right: list[Any] = []


def wrong_gemm(kind: str | None) -> None:
    """Launches of the experts' GEMM are wrong by ``kind``; None: right again. KeyError else."""
    from vllm.model_executor.layers.fused_moe import fused_moe  # noqa: PLC0415

    kernel = fused_moe.fused_moe_kernel
    if not _right:
        _right.append(kernel.run)
    kernel.run = _right[0] if kind is None else shortened(_right[0], KINDS[kind])


def shortened(run: Callable[..., Any], left: Callable[[int], int]) -> Callable[..., Any]:
    """The launch ``run`` with less of K."""

    def launch(*args: Any, **named: Any) -> Any:
        return run(*args[:_K], left(int(args[_K])), *args[_K + 1 :], **named)

    return launch
