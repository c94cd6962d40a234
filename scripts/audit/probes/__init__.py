"""The probes, one file a kind of fault, in one order. A new one is its own file and a line.

Each is a black-box test of a tuner by its interface: it never looks into one.
"""

from __future__ import annotations

from importlib import import_module

from scripts.audit.finding import Probe

ORDER = (
    "allocation",
    "bucket_cap",
    "rounding",
    "coin_flips",
    "slower",
    "routing",
    "timing_policy",
    "ranks",
    "cache_key",
    "shared_state",
    "unequal",
    "overrun",
    "regressed",
    "clocks",
    "uncovered",
)
PROBES: dict[str, Probe] = {name: import_module(f"{__name__}.{name}").probe for name in ORDER}
