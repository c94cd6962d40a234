"""Names of architectures, ours and Triton's."""

from __future__ import annotations

from triton.backends.compiler import GPUTarget


def target_of(arch: str) -> GPUTarget:
    """Triton's target for an architecture such as sm_90 or gfx942."""
    if arch.startswith("sm_"):
        return GPUTarget("cuda", int(arch.removeprefix("sm_")), 32)
    return GPUTarget("hip", arch, 64 if arch.startswith("gfx9") else 32)
