"""May a config run on a GPU: legal, legal outside the searched space, or illegal and for want of
what."""  # noqa: D205,D209

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scripts.lib.device import Device, Vendor
from scripts.lib.occupancy import WARP_REGISTERS

# Both vendors' limit on the threads of one block. CUDA C++ Programming Guide, compute capabilities;
# HIP documentation, hardware features: 1,024 work-items a work-group.
MOST_THREADS = 1024
# 32-bit registers that one block may hold, the same on every NVIDIA GPU from sm_80.
# CUDA C++ Programming Guide, compute capabilities.
_BLOCK_REGISTERS = 65_536


class Legality(StrEnum):
    """The three words that every command, plan and table uses."""

    LEGAL = "legal"
    OUTSIDE = "outside_space"  # it launches, though no published search would try it
    ILLEGAL = "illegal"  # it cannot launch


@dataclass(frozen=True)
class Judgement:
    """One config on one GPU. ``resource``, ``needed``, ``available``: of what it wants too much,
    in ``unit``; None where nothing is lacking."""  # noqa: D205,D209

    word: Legality
    resource: str | None = None
    needed: int | None = None
    available: int | None = None
    unit: str = ""

    @property
    def legal(self) -> bool:
        """Whether it can launch, within the searched space or not."""
        return self.word is not Legality.ILLEGAL

    def __str__(self) -> str:
        """For a reader: the word, and of an illegal config what it needs and what there is."""
        if self.word is Legality.OUTSIDE:
            return "legal, but outside the searched space"
        if self.legal:
            return "legal"
        return (
            f"illegal: needs {self.needed:,} {self.unit} of {self.resource} a block,"
            f" {self.available:,} are available"
        )


def judge_launch(
    device: Device, num_warps: int, registers: int, shared_bytes: int, searched: bool
) -> Judgement:
    """Judge by the compiler's figures: ``registers`` of a thread, ``shared_bytes`` of a block."""
    lanes = 64 if device.vendor is Vendor.AMD else 32
    wanted = [("shared memory", shared_bytes, device.shared_bytes, "bytes")]
    wanted.append(("threads", num_warps * lanes, MOST_THREADS, "threads"))
    if device.vendor is Vendor.NVIDIA:
        # On AMD the compiler spills before a block asks for more than a compute unit has.
        per_warp = -(-registers * lanes // WARP_REGISTERS) * WARP_REGISTERS
        wanted.append(("registers", per_warp * num_warps, _BLOCK_REGISTERS, "32-bit registers"))
    for resource, needed, available, unit in wanted:
        if needed > available:
            return Judgement(Legality.ILLEGAL, resource, needed, available, unit)
    return Judgement(Legality.LEGAL if searched else Legality.OUTSIDE)
