"""A plan small enough for Triton's interpreter on a CPU."""

from __future__ import annotations

from itertools import product

from scripts.audit.live.plan import Known, Plan
from scripts.lib.config import Config
from scripts.lib.shape import BATCH_LADDER, parse_shape
from scripts.transfer.kernel import Kernel
from scripts.transfer.legal import LegalSpace

DEVICE = "NVIDIA_H200"
SHAPE = parse_shape("E4-N32-K32-top2-fp16")
CONFIGS = LegalSpace(Config(m, n, 32, 1, 4, 2) for m, n in product((16, 32), (32, 64))).configs
KERNEL = Kernel(0.2, (2.0,) * 6, 0.02, 0.01)


def tiny_plan() -> Plan:
    expected = tuple(0.01 * place for place in range(len(CONFIGS)))
    known = Known(KERNEL, dict.fromkeys(BATCH_LADDER, expected))
    return Plan(
        DEVICE,
        SHAPE,
        (1, 2),
        (1, 8),
        CONFIGS,
        {4: {1: CONFIGS[0], 64: CONFIGS[1]}, 2: {}},
        {4: known, 2: known},
        {1: {1: 0.004}},
    )
