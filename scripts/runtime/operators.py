"""Whose operator is measured: made in the process that runs it, where its runtime is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.runtime.op import Op
    from scripts.runtime.sglang_source import Source

Make = Callable[[], "Op"]


def vllm() -> Op:
    """That of the vLLM that is installed here."""
    from scripts.runtime.op import VllmOp  # noqa: PLC0415 - after a process chose its GPU

    return VllmOp()


def sglang(source: Source) -> Op:
    """That of a release of SGLang."""
    from scripts.runtime.sglang_op import SglangOp  # noqa: PLC0415 - as above

    return SglangOp(source)
