"""Which part of a model a kernel belongs to, by its name; names long beyond use are shortened."""

from __future__ import annotations

import hashlib

from scripts.engine.profiled import class_of

ATTENTION, MOE, REST = "attention", "MoE", "rest"
KINDS = (ATTENTION, MOE, REST)
_LONGEST = 96  # characters of a name; templates run to a thousand
_COMPILED = "triton_"  # what torch.compile fused: norms and sums, named after all that they touch
# Beside the classes that a config steers: router, activation, and what stands around attention.
_BESIDE = {
    MOE: ("topk", "expert", "_combined_routing", "_reduce_grouped", "act_and_mul", "swiglu"),
    ATTENTION: ("rotary", "reduce_segments", "prepare_varlen"),
}


def kind_of(kernel: str) -> str:
    """ATTENTION, MOE or REST."""
    lower = kernel.lower()
    if lower.startswith(_COMPILED):
        return REST
    kind = class_of(kernel)
    if kind.startswith("moe"):
        return MOE
    if kind == "attention":
        return ATTENTION
    return next((k for k, parts in _BESIDE.items() if any(p in lower for p in parts)), REST)


def shortened(kernel: str) -> str:
    """The name, or its beginning and a hash of the whole, so that two long ones stay two."""
    if len(kernel) <= _LONGEST:
        return kernel
    return f"{kernel[:_LONGEST]}~{hashlib.sha256(kernel.encode()).hexdigest()[:6]}"
