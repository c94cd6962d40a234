"""The Python source of SGLang's fused operator, of one release, and its hash.

SGLang itself need not be installed, which wants a torch of its own: the few files that its operator
is written in are read from the release, and run on the torch and Triton that are here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.files import InputError, sha256
from scripts.lib.runtimes.releases.wheel import UnreachableError, read_members

# Where the releases that this was written for and tried with have the operator.
RELEASES = ("0.5.23",)
_RUNNER = "sglang/srt/layers/moe/moe_runner/triton_utils"
MEMBERS = {
    "sequence": f"{_RUNNER}/fused_moe.py",
    "align": f"{_RUNNER}/moe_align_block_size.py",
    "kernels": "sglang/kernels/ops/moe/fused_moe_triton_kernels.py",
    "few": "sglang/kernels/ops/moe/moe_align_small_numel.py",
    "quantise": "sglang/kernels/ops/quantization/fp8_kernel.py",
}


@dataclass(frozen=True)
class Source:
    """``files``: by MEMBERS' names. ``source_hash``: first 16 digits over them."""

    version: str
    files: dict[str, Path]
    source_hash: str


def source(version: str, cache: Path | None = None) -> Source:
    """A release's files, read once and kept in the user's cache.

    InputError for a release that is not among RELEASES, or that cannot be read here.
    """
    if version not in RELEASES:
        raise InputError(
            f"--sglang {version}: the operator is known as {', '.join(RELEASES)} has it; name that"
        )
    try:
        found = read_members("sglang", version, list(MEMBERS.values()), cache)
    except UnreachableError as error:
        raise InputError(f"--sglang {version}: its source cannot be read here ({error})") from None
    files = {name: found[member] for name, member in MEMBERS.items()}
    lines = [f"{member}:{sha256(found[member])}" for member in sorted(found)]
    return Source(version, files, hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16])
