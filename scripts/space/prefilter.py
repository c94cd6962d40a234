"""Reject by formula what the compiler would reject, before it is asked; never anything else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.formats import MX_GROUP, Element, Format, Scaling
from scripts.lib.config import ROCM_KEYS
from scripts.lib.device import Device, Vendor
from scripts.lib.schemas.space import Rejection
from scripts.space.shared_memory import least_shared_bytes

# Formats that Triton has no type for: fp8 e4m3 before sm_89.
_UNSUPPORTED = {"sm_80": {Element.FP8}}
# Depth of NVIDIA's smallest matrix instruction: 256 bits of the left operand. AMD's compiler falls
# back to plain multiplications below its own.
_MMA_BITS = 256
_TILE = ("block_size_m", "block_size_n", "block_size_k")
_ROCM = [name for name, _ in ROCM_KEYS.values()]


def is_supported(arch: str, form: Format) -> bool:
    """Whether the kernel can be compiled for an architecture with these number formats at all."""
    return not {form.a, form.b} & _UNSUPPORTED.get(arch, set())


def prefilter(configs: pd.DataFrame, device: Device, form: Format) -> pd.Series:
    """Reason (Rejection) of every row, or empty; the first that applies, in the order below."""
    nvidia = device.vendor is Vendor.NVIDIA
    k = configs["block_size_k"].to_numpy(np.int64)
    checks: list[tuple[Rejection, NDArray[np.bool_]]] = [
        (Rejection.SCHEME_UNSUPPORTED, _all(configs, not is_supported(device.arch, form))),
        (Rejection.FOREIGN_KEY, configs[_ROCM].notna().any(axis=1).to_numpy() & nvidia),
        (Rejection.NOT_POWER_OF_TWO, _not_power_of_two(configs)),
        (Rejection.MMA_MINIMUM, (k * max(form.a_bits, 8) < _MMA_BITS) & nvidia),
        (Rejection.MICROSCALE_FLOOR, (k % MX_GROUP != 0) & (form.scaling is Scaling.MICRO)),
        (Rejection.SCALE_BLOCK, (form.group_k % k != 0) & (form.scaling is Scaling.BLOCK)),
        (
            Rejection.SHARED_MEMORY,
            least_shared_bytes(configs, device.arch, form) > device.shared_bytes,
        ),
    ]
    reasons = pd.Series(None, index=configs.index, dtype=object)
    for reason, applies in reversed(checks):
        reasons[applies] = reason.value
    return reasons


def _all(configs: pd.DataFrame, value: bool) -> NDArray[np.bool_]:
    return np.full(len(configs), value)


def _not_power_of_two(configs: pd.DataFrame) -> NDArray[np.bool_]:
    sides = configs[list(_TILE)].to_numpy(np.int64)
    found: NDArray[np.bool_] = ((sides & (sides - 1)) != 0).any(axis=1)
    return found
