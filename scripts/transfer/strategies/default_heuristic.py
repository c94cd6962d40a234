"""Baseline: what the runtime launches where no config file exists.

The rules are those of vLLM on NVIDIA GPUs. For layers that are not quantised: as published in pull
request 34846 (merged in February 2026, first in 0.17.0) and still in force in 0.27.1 (August
2026). For block-scaled fp8: one config for all batches, tiles as wide and deep as a scale block,
unchanged from 2025 to 2026 in the public ports; vLLM 0.24 itself has two tiles
(scripts.lib.runtimes.default_config). The launch count ``SPLIT_K``, 1 there, is left out: this
kernel has no such loop.
"""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.device import Device, Vendor, find_device
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.runtimes import default_config as runtime
from scripts.lib.shape import Cell, Shape
from scripts.transfer.strategy import FixedOrder

UNQUANTISED = ("bf16", "fp16")
BLOCK_SCALED = ("fp8_w8a8_b128x128",)
KNOWN_SCHEMES = (*UNQUANTISED, *BLOCK_SCALED)
_BLOCK_SCALED_CONFIG = Config(64, 128, 128, 32, 4, 3)


def default_config(shape: Shape, tokens: int, device: Device) -> Config:
    """The heuristic's config for ``tokens`` tokens, before each goes to its top_k experts.

    Raises InputError for other schemes and for GPUs of another vendor, which have own rules.
    """
    if shape.scheme not in KNOWN_SCHEMES:
        raise unknown_name("scheme for the default heuristic", shape.scheme, KNOWN_SCHEMES)
    if device.vendor is not Vendor.NVIDIA:
        raise InputError(f"device {device.name}: the default heuristic is known for NVIDIA only")
    if shape.scheme in BLOCK_SCALED:
        return _BLOCK_SCALED_CONFIG
    return runtime.default_config(shape, tokens)


def default_of(cell: Cell) -> Config | None:
    """What is launched on a cell without a file; None where its rules are not known."""
    device = find_device(cell.device)
    if cell.shape.scheme in KNOWN_SCHEMES and device.vendor is Vendor.NVIDIA:
        return default_config(cell.shape, cell.tokens, device)
    return None


class DefaultHeuristic(FixedOrder):
    """One proposal, the heuristic's config, then the end."""

    def __init__(self, config: Config) -> None:
        super().__init__([config])
