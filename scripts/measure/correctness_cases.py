"""The layers on which every number format is checked, and their operands.

Shapes that tiles do not divide, experts without a token, one token, all tokens on one expert,
expert parallelism with half of the experts or none held here, and biases.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch

from kernels import reference
from kernels.formats import SCHEMES, Matrix
from kernels.layer import Layer
from kernels.quantise import quantise_weights


class Held(StrEnum):
    """Which experts this rank holds."""

    ALL = "all"
    HALF = "half"
    NONE = "none"


class Spread(StrEnum):
    """How tokens meet experts."""

    UNIFORM = "uniform"
    EVEN_ONLY = "even_only"  # every other expert stays empty
    ONE = "one"  # all on the last expert


@dataclass(frozen=True)
class Case:
    """One layer: tokens, E experts, N intermediate size, K hidden size, top_k."""

    name: str
    tokens: int
    experts: int
    n: int
    k: int
    top_k: int
    spread: Spread = Spread.UNIFORM
    held: Held = Held.ALL
    bias: bool = False


SMALL_CASES = (
    Case("one token", 1, 8, 32, 64, 2),
    Case("nothing divides", 13, 4, 42, 100, 2, bias=True),
    Case("scale blocks cut short", 9, 4, 80, 160, 2),
    Case("empty experts", 20, 8, 32, 64, 2, Spread.EVEN_ONLY),
    Case("all on one expert", 40, 4, 32, 64, 2, Spread.ONE),
    Case("half of the experts", 20, 8, 32, 64, 2, held=Held.HALF),
    Case("no expert", 9, 4, 32, 64, 2, held=Held.NONE),
)
LARGE_CASES = (
    Case("one token", 1, 8, 3584, 4096, 2),
    Case("few tokens", 33, 8, 1792, 4096, 2),
    Case("many tokens", 1024, 8, 1792, 4096, 2),
    Case("many experts", 33, 128, 384, 2048, 8, bias=True),
    Case("many of both", 1024, 128, 384, 2048, 8),
    Case("nothing divides", 333, 8, 210, 154, 2, bias=True),
    Case("scale blocks cut short", 129, 16, 208, 352, 4),
    Case("empty experts", 64, 32, 512, 1024, 4, Spread.EVEN_ONLY),
    Case("all on one expert", 300, 8, 512, 1024, 2, Spread.ONE),
    Case("half of the experts", 500, 64, 256, 1024, 6, held=Held.HALF),
    Case("no expert", 16, 8, 256, 512, 2, held=Held.NONE),
)


@dataclass(frozen=True)
class Operands:
    """One case in one scheme. ``local``: [experts] index here or -1, None if all are held."""

    x: torch.Tensor  # [tokens, K]
    layer: Layer
    expert_of: torch.Tensor  # [tokens, top_k]
    weight: torch.Tensor  # [tokens, top_k]
    local: torch.Tensor | None

    @property
    def mapped(self) -> torch.Tensor:
        """Expert of each assignment on this rank, -1 where another holds it."""
        return self.expert_of if self.local is None else self.local[self.expert_of]

    def expected(self, columns: tuple[int, int]) -> torch.Tensor:
        """The layer in float64 from the stored bytes; ``columns``: K, N."""
        layer = self.layer
        k, n = columns
        return reference.moe_layer(
            self.x,
            reference.Dequantised(layer.gate_up, layer.form, k),
            reference.Dequantised(layer.down, layer.form, n),
            self.weight,
            self.mapped,
            (layer.gate_up_bias, layer.down_bias),
            reference.rounding_of(layer.scheme, self.x.dtype),
        )


def _experts_of(case: Case, generator: torch.Generator) -> torch.Tensor:
    if case.spread is Spread.ONE:
        return torch.full((case.tokens, case.top_k), case.experts - 1)
    step = 2 if case.spread is Spread.EVEN_ONLY else 1
    scores = torch.rand(case.tokens, case.experts // step, generator=generator)
    return scores.argsort(1)[:, : case.top_k] * step


def _local_of(case: Case) -> torch.Tensor | None:
    index = torch.arange(case.experts)
    if case.held is Held.ALL:
        return None
    if case.held is Held.NONE:
        return torch.full_like(index, -1)
    return torch.where(index % 2 == 0, index // 2, -1)


def make(case: Case, scheme: str, compute: torch.dtype, device: str) -> Operands:
    """Random operands, the same for the same case; 16-bit numbers are of dtype ``compute``."""
    form = SCHEMES[scheme]
    seed = case.tokens + case.experts + case.n + case.k
    generator = torch.Generator(device).manual_seed(seed)
    local = _local_of(case)
    held = case.experts if local is None else max(int((local >= 0).sum()), 1)

    def normal(*size: int, gain: float = 1.0) -> torch.Tensor:
        values = torch.randn(*size, generator=generator, device=device)
        return (values * gain).to(compute)

    def bias(columns: int) -> torch.Tensor | None:
        return normal(held, columns) if case.bias else None

    gate_up = normal(held, 2 * case.n, case.k, gain=case.k**-0.5)
    down = normal(held, case.k, case.n, gain=case.n**-0.5)
    stored = [quantise_weights(w, form) if form.b_bits < 16 else Matrix(w) for w in (gate_up, down)]
    layer = Layer(scheme, stored[0], stored[1], bias(2 * case.n), bias(case.k))
    expert_of = _experts_of(case, torch.Generator().manual_seed(seed)).to(device)
    weight = torch.rand(case.tokens, case.top_k, generator=generator, device=device)
    x = normal(case.tokens, case.k)
    return Operands(x, layer, expert_of, weight, None if local is None else local.to(device))
