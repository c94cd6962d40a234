"""Which part of a model a kernel belongs to, by the names that vLLM 0.24 and its libraries give."""

from __future__ import annotations

import hashlib

ATTENTION, MOE, REST = "attention", "MoE", "rest"
KINDS = (ATTENTION, MOE, REST)
_LONGEST = 96  # characters of a name; templates run to a thousand
_COMPILED = "triton_"  # what torch.compile fused: norms and sums, named after all that they touch
_PARTS = {
    MOE: ("moe", "_matmul_ogs", "topk", "expert", "_combined_routing", "_reduce_grouped",
          "act_and_mul", "swiglu"),
    ATTENTION: ("flash", "attention", "reshape_and_cache", "rotary", "reduce_segments"),
}  # fmt: skip


def kind_of(kernel: str) -> str:
    """ATTENTION, MOE or REST; the first whose parts the name holds, MoE before attention."""
    lower = kernel.lower()
    if lower.startswith(_COMPILED):
        return REST
    return next((k for k, parts in _PARTS.items() if any(p in lower for p in parts)), REST)


def shortened(kernel: str) -> str:
    """The name, or its beginning and a hash of the whole, so that two long ones stay two."""
    if len(kernel) <= _LONGEST:
        return kernel
    return f"{kernel[:_LONGEST]}~{hashlib.sha256(kernel.encode()).hexdigest()[:6]}"
