"""The GPU of measuring, without binaries of its own: the operator brings and loads its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernels.alignment import Alignment
from kernels.launch import Gemm
from scripts.lib.shape import Shape
from scripts.measure.backend.gpu import GpuBackend
from scripts.runtime.op import SCHEMES

Entry = Mapping[str, int]


@dataclass(frozen=True)
class Inside:
    """A config whose kernels the operator launches; what it loads is not known outside it."""

    registers: list[int] | None = None
    spills: list[int] | None = None

    def launch(self, gemm: Gemm, alignment: Alignment, entry: Entry) -> None:
        """Never asked for: RuntimeError."""
        raise RuntimeError("the operator launches its own kernels")


def refusal(shape: Shape) -> str | None:
    """Why the operator cannot compute a shape's scheme; None if it can."""
    if shape.scheme in SCHEMES:
        return None
    return f"the operator is asked for {', '.join(SCHEMES)}, not {shape.scheme}"


class OpBackend(GpuBackend):
    """The GPU that this process sees first."""

    def refuses(self, shape: Shape) -> str | None:
        """See ``refusal``."""
        return refusal(shape)

    def load(self, entry: Entry, shape: Shape) -> Inside:  # type: ignore[override]
        """Nothing: the operator compiles or loads at its first launch."""
        return Inside()
