"""What a binary is compiled for besides its config, and what of a config it depends on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kernels.formats import SCHEMES, Format, Scaling

_BINARY_KEYS = (
    "BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K", "GROUP_SIZE_M", "num_warps", "num_stages",
    "waves_per_eu", "matrix_instr_nonkdim", "kpack", "num_ctas",
)  # fmt: skip
TILE_KEYS = ("BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K")
_ARGUMENT_KEYS = (*TILE_KEYS, "GROUP_SIZE_M")


@dataclass(frozen=True)
class Variant:
    """What a binary is compiled for, besides its config.

    ``scheme``: a key of SCHEMES. ``share``: assignments that share a row of A (top_k for gate-up,
    1 for down). ``weighted``: multiply by the routing weight (the down GEMM). ``aligned``: rows of
    A, B and C are multiples of 16 bytes, which lets loads be 16 bytes wide; see ``is_aligned``.
    ``bias``: add one. ``swap``: swap the operands of the matrix instruction.
    """

    scheme: str
    share: int
    weighted: bool
    aligned: bool = True
    bias: bool = False
    swap: bool = False

    @property
    def form(self) -> Format:
        """Number formats."""
        return SCHEMES[self.scheme]

    @property
    def name(self) -> str:
        """For example ``bf16-share8-up``."""
        switches = (("-ragged", not self.aligned), ("-bias", self.bias), ("-swap", self.swap))
        ends = "".join(word for word, on in switches if on)
        return f"{self.scheme}-share{self.share}-{'down' if self.weighted else 'up'}{ends}"


def is_aligned(form: Format, columns: int, depth: int) -> bool:
    """Whether a GEMM of N = ``columns`` and K = ``depth`` may use loads 16 numbers wide.

    Triton reasons in multiples of 16 of an integer argument; a row of packed numbers has K / 2.
    """
    packed = 2 if min(form.a_bits, form.b_bits) == 4 else 1
    return columns % 16 == 0 and depth % (16 * packed) == 0


def effective(entry: Mapping[str, int], form: Format) -> dict[str, int]:
    """The config as it is launched: BLOCK_SIZE_K no longer than a scale block.

    The runtimes cut it likewise, so files of block schemes hold 256 where 128 is meant.
    """
    if form.scaling is not Scaling.BLOCK:
        return dict(entry)
    return {**entry, "BLOCK_SIZE_K": min(entry["BLOCK_SIZE_K"], form.group_k)}


def binary_key(
    entry: Mapping[str, int], run_time: Collection[str] = ()
) -> tuple[tuple[str, int], ...]:
    """The part of a config that its binaries depend on, ``run_time`` parameters left out."""
    return tuple((k, entry[k]) for k in _BINARY_KEYS if k in entry and k not in run_time)


def compile_options(entry: Mapping[str, int]) -> dict[str, int]:
    """The keys of a config that are options of the compiler, not arguments of the kernel."""
    return {key: value for key, value in binary_key(entry) if key not in _ARGUMENT_KEYS}
