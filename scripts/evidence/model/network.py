"""A small mixture of experts of the GPT-OSS architecture, as vLLM serves it.

RMS norms, rotary positions, grouped heads whose softmax has a learnt sink, a router that picks
``top_k`` of the experts, and their clamped SwiGLU. Here every expert sees every token, which for a
few small experts is the quickest, and those that the router left out weigh nothing. Experts'
weights are rounded to MXFP4 wherever they are used, so that what is stored is what was trained.

Source of the architecture: the public model card and config of openai/gpt-oss-20b (arXiv
2508.10925).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from kernels.formats import MX_GROUP
from kernels.quantise import E2M1, E2M1_LARGEST_EXPONENT

EPSILON = 1e-5  # of the norms, fixed in the architecture
ALPHA, LIMIT = 1.702, 7.0  # of the experts' activation, fixed likewise


@dataclass(frozen=True)
class Size:
    """``hidden`` and ``intermediate``: multiples of an MXFP4 block; vLLM's kernels want these."""

    vocabulary: int
    hidden: int = 128
    intermediate: int = 64
    layers: int = 3
    experts: int = 8
    top_k: int = 2
    heads: int = 4
    kv_heads: int = 1
    head_width: int = 64
    theta: float = 10_000.0

    def __post_init__(self) -> None:
        if self.hidden % MX_GROUP or self.intermediate % MX_GROUP:
            raise ValueError(f"{asdict(self)}: hidden and intermediate: multiples of {MX_GROUP}")


def to_mxfp4(x: Tensor) -> Tensor:
    """The MXFP4 numbers next to ``x`` [..., K], blocks along K; the gradient passes unchanged.

    As ``kernels.quantise`` stores them, ties to the even code included.
    """
    tiles = x.detach().float().unflatten(-1, (-1, MX_GROUP))
    largest = tiles.abs().amax(-1, keepdim=True)
    exponent = torch.floor(torch.log2(largest.clamp_min(2.0**-100))) - E2M1_LARGEST_EXPONENT
    scale = torch.exp2(exponent)
    size = tiles.abs() / scale
    # Steps of e2m1: a half up to 2, one up to 4, two above; round() takes ties to the even code.
    step = torch.where(size < 2, 0.5, torch.where(size < 4, 1.0, 2.0))
    near = (torch.round(size / step) * step).clamp_max(E2M1[-1])
    rounded = (near * tiles.sign() * scale).flatten(-2).to(x.dtype)
    out: Tensor = x + (rounded - x).detach()
    return out


def rotated(x: Tensor, theta: float) -> Tensor:
    """Rotary positions on [batch, heads, T, width], halves paired."""
    length, width = x.shape[-2:]
    frequency = theta ** (-torch.arange(0, width, 2, device=x.device, dtype=torch.float32) / width)
    angle = torch.arange(length, device=x.device, dtype=torch.float32)[:, None] * frequency
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Attention(nn.Module):
    """Causal attention over all tokens; ``sinks``: a logit for each head that takes no value."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        wide, narrow = size.heads * size.head_width, size.kv_heads * size.head_width
        self.q_proj = nn.Linear(size.hidden, wide)
        self.k_proj = nn.Linear(size.hidden, narrow)
        self.v_proj = nn.Linear(size.hidden, narrow)
        self.o_proj = nn.Linear(wide, size.hidden)
        self.sinks = nn.Parameter(torch.zeros(size.heads))

    def forward(self, x: Tensor) -> Tensor:
        """[batch, T, hidden] -> the same."""
        batch, length, _ = x.shape
        size = self.size

        def heads(values: Tensor, count: int) -> Tensor:
            return values.view(batch, length, count, size.head_width).transpose(1, 2)

        q = rotated(heads(self.q_proj(x), size.heads), size.theta)
        k = rotated(heads(self.k_proj(x), size.kv_heads), size.theta)
        v = heads(self.v_proj(x), size.kv_heads)
        k, v = (one.repeat_interleave(size.heads // size.kv_heads, dim=1) for one in (k, v))
        scores = (q @ k.transpose(-1, -2)).float() * size.head_width**-0.5
        later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
        sink = self.sinks.float().view(1, -1, 1, 1).expand(batch, -1, length, 1)
        share = torch.cat((scores, sink), dim=-1).softmax(-1)[..., :-1]
        mixed = (share.to(v.dtype) @ v).transpose(1, 2).reshape(batch, length, -1)
        out: Tensor = self.o_proj(mixed)
        return out


class Experts(nn.Module):
    """Router and experts; rows of gate and up lie alternately in ``gate_up``."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.top_k = size.top_k
        self.router = nn.Linear(size.hidden, size.experts)
        self.gate_up = nn.Parameter(
            torch.randn(size.experts, 2 * size.intermediate, size.hidden) * size.hidden**-0.5
        )
        self.gate_up_bias = nn.Parameter(torch.zeros(size.experts, 2 * size.intermediate))
        self.down = nn.Parameter(
            torch.randn(size.experts, size.hidden, size.intermediate) * size.intermediate**-0.5 / 2
        )
        self.down_bias = nn.Parameter(torch.zeros(size.experts, size.hidden))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, T, hidden] -> the same, and how unevenly the experts are used (1: evenly)."""
        logits = self.router(x).float()
        best, chosen = logits.topk(self.top_k, dim=-1)
        weights = torch.zeros_like(logits).scatter(-1, chosen, best.softmax(-1))
        used = (weights > 0).float().mean((0, 1)) / self.top_k
        uneven = (used * logits.softmax(-1).mean((0, 1))).sum() * logits.shape[-1]
        experts = logits.shape[-1]
        # Two GEMMs over all experts together; the second one sums over them, weighed.
        inner = functional.linear(
            x, to_mxfp4(self.gate_up).flatten(0, 1), self.gate_up_bias.flatten()
        ).unflatten(-1, (experts, -1))
        gate = inner[..., ::2].clamp(max=LIMIT)
        up = inner[..., 1::2].clamp(-LIMIT, LIMIT)
        active = gate * torch.sigmoid(ALPHA * gate) * (up + 1)
        weighed = (active * weights[..., None].to(active.dtype)).flatten(-2)
        outer = functional.linear(weighed, to_mxfp4(self.down).transpose(0, 1).flatten(1))
        return outer + weights.to(outer.dtype) @ self.down_bias.to(outer.dtype), uneven


class Layer(nn.Module):
    """Attention and experts, each after its norm."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(size.hidden, EPSILON)
        self.self_attn = Attention(size)
        self.post_attention_layernorm = nn.RMSNorm(size.hidden, EPSILON)
        self.mlp = Experts(size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, T, hidden] -> the same, and the experts' unevenness."""
        x = x + self.self_attn(self.input_layernorm(x))
        mixed, uneven = self.mlp(self.post_attention_layernorm(x))
        return x + mixed, uneven


class Network(nn.Module):
    """Tokens [batch, T] -> logits [batch, T, vocabulary]."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.embed_tokens = nn.Embedding(size.vocabulary, size.hidden)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.norm = nn.RMSNorm(size.hidden, EPSILON)
        self.lm_head = nn.Linear(size.hidden, size.vocabulary, bias=False)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the mean unevenness of the layers' experts."""
        x = functional.embedding(tokens, self.embed_tokens.weight)
        uneven = x.new_zeros(())
        for layer in self.layers:
            x, own = layer(x)
            uneven = uneven + own / len(self.layers)
        return self.lm_head(self.norm(x)), uneven
