"""The GPU of measuring, without binaries of its own: the operator brings and loads its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.alignment import Alignment
from kernels.launch import Gemm
from scripts.lib.shape import Shape
from scripts.measure.backend.gpu import GpuBackend
from scripts.measure.backend.interface import Entry
from scripts.runtime.op import SCHEMES


@dataclass(frozen=True)
class Inside:
    """A config whose kernels the operator launches; what it loads is not known outside it."""

    registers: list[int] | None = None
    spills: list[int] | None = None

    def launch(self, gemm: Gemm, alignment: Alignment, entry: Entry) -> None:
        """Never asked for: RuntimeError."""
        raise RuntimeError("the operator launches its own kernels")


def refusal(shape: Shape, schemes: Sequence[str] = SCHEMES) -> str | None:
    """Why an operator of ``schemes`` cannot compute a shape's; None if it can."""
    if shape.scheme in schemes:
        return None
    return f"the operator is asked for {', '.join(schemes)}, not {shape.scheme}"


class OpBackend(GpuBackend):
    """The GPU that this process sees first. ``schemes``: of the operator."""

    def __init__(self, schemes: Sequence[str] = SCHEMES) -> None:
        super().__init__()
        self._schemes = schemes

    def refuses(self, shape: Shape) -> str | None:
        """See ``refusal``."""
        return refusal(shape, self._schemes)

    def load(self, entry: Entry, shape: Shape) -> Inside:  # type: ignore[override]
        """Nothing: the operator compiles or loads at its first launch."""
        return Inside()
