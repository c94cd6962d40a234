"""What the compiler says of a binary, read from the binary itself: no GPU and no driver is asked.

Instructions are counted in the assembly text that the compiler made, PTX on NVIDIA and AMD GCN on
AMD, each once however often it runs. Disassembling NVIDIA's binaries as well was measured to take
as long as compiling them (0.25 to 0.4 s each) and is not done.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Any

import triton

# Tensor cores, global memory, shared memory. A copy from global to shared memory counts as global.
_PTX = {
    "tensor_ops": r"(?:mma\.sync|wgmma\.mma_async|tcgen05\.mma)\S*",
    "global_ops": r"(?:(?:ld|st|red|atom)\.(?:\w+\.)*global|cp\.async\.(?:c[ag]|bulk\.tensor))\S*",
    "shared_ops": r"(?:(?:ld|st)\.(?:\w+\.)*shared|ldmatrix|stmatrix)\S*",
}
_GCN = {
    "tensor_ops": r"v_(?:mfma|smfmac|wmma)_\S+",
    "global_ops": r"(?:global|flat|buffer)_(?:load|store|atomic)\S*",
    "shared_ops": r"ds_(?:read|write|load|store|bpermute|permute|swizzle)\S*",
}
_PTX_LINE = re.compile(r"^\s+(?:@!?%p\d+ )?([a-z][\w.:]*)(?=\s|;)", re.MULTILINE)
_GCN_LINE = re.compile(r"^\s+([a-z]\w+)(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True)
class Facts:
    """Resources and instruction mix of one binary.

    ``shared_bytes``: of one block. ``registers``: 32-bit ones a thread has, AMD's accumulation
    registers included. ``spills``: 32-bit values a thread keeps in memory instead.
    ``waves_per_simd``: how many waves the registers leave room for on one of AMD's SIMDs; None on
    NVIDIA. Counts are instructions in the text.
    """

    shared_bytes: int
    registers: int
    spills: int
    waves_per_simd: int | None
    tensor_ops: int
    global_ops: int
    shared_ops: int
    instructions: int


def facts_of(compiled: Any) -> Facts:
    """Facts of what ``compile_gemm`` returns. Raises ValueError where the text has none."""
    shared = int(compiled.metadata.shared)
    if "amdgcn" in compiled.asm:
        text = compiled.asm["amdgcn"]
        registers, spills, waves = (
            _number(text, pattern)
            for pattern in (r"\.vgpr_count:", r"\.vgpr_spill_count:", r"; Occupancy:")
        )
        return Facts(shared, registers, spills, waves, **_mix(_GCN_LINE.findall(text), _GCN))
    usage = _resource_usage(compiled.asm["cubin"])
    registers, stack = _number(usage, r"\bREG:"), _number(usage, r"\bSTACK:")
    mix = _mix(_PTX_LINE.findall(compiled.asm["ptx"]), _PTX)
    return Facts(shared, registers, stack // 4, None, **mix)


def _number(text: str, before: str) -> int:
    match = re.search(before + r"\s*(\d+)", text)
    if match is None:
        raise ValueError(f"the compiler's output holds no {before!r}")
    return int(match[1])


def _mix(opcodes: list[str], patterns: dict[str, str]) -> dict[str, int]:
    counts = {
        name: sum(re.match(pattern, opcode) is not None for opcode in opcodes)
        for name, pattern in patterns.items()
    }
    return counts | {"instructions": len(opcodes)}


def _resource_usage(cubin: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        tool = triton.knobs.nvidia.cuobjdump.path
        command = [tool, "--dump-resource-usage", file.name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
