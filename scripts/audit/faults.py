"""The faults that a synthetic tuner can be given, each in several strengths.

Kinds after faults that were published of real tuners.
"""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """A switch of ``scripts.audit.synthetic.Synthetic``."""

    ALLOCATION = "allocation"  # buffers made for one tile; others pay
    BUCKET_CAP = "bucket_cap"  # the largest buckets are not tuned
    ROUNDING = "rounding"  # up when tuning, down when running
    COIN_FLIPS = "coin_flips"  # the fastest of a short timing
    SLOWER = "slower"  # than the fallback, which it never times
    ROUTING = "routing"  # always timed as if uniform
    HOST_TIME = "host_time"  # launches count
    WARM_CACHE = "warm_cache"  # L2 holds what a model would not leave there
    RANKS = "ranks"  # each rank chooses for itself
    CACHE_KEY = "cache_key"  # forgets fields of the problem
    SHARED_STATE = "shared_state"  # another call's limit holds for this one
    UNEQUAL = "unequal"  # ranks tactics that compute different things
    OVERRUN = "overrun"  # buffers of the bucket below
    REGRESSED = "regressed"  # a fallback slower than the one before
    CLOCKS = "clocks"  # some kernels without the pass that they leave to another
    UNCOVERED = "uncovered"  # problems that fall back at run time


_FEW = (1.0, 2.0, 3.0)
# From weak to strong, but for COIN_FLIPS, where more replays make less of a fault.
STRENGTHS: dict[Fault, tuple[float, ...]] = {
    Fault.ALLOCATION: (0.02, 0.05, 0.10),  # latency that a tile without buffers pays, as a share
    Fault.BUCKET_CAP: _FEW,  # buckets missing
    Fault.ROUNDING: _FEW,  # intervals between buckets, from the largest, in which it differs
    Fault.COIN_FLIPS: (16.0, 4.0, 1.0),  # replays in a timing
    Fault.SLOWER: (0.02, 0.05, 0.15),  # than the fallback, as a share
    Fault.ROUTING: (0.25, 0.5, 1.0),  # share of the way to the latencies of fuller experts
    Fault.HOST_TIME: (0.05, 0.2, 1.0),  # host time over the fastest tactic at the fewest tokens
    Fault.WARM_CACHE: (0.04, 0.1, 0.2),  # the most that a warm cache spares a tactic, as a share
    Fault.RANKS: (0.01, 0.02, 0.05),  # deviation of a tactic between two ranks, log units
    Fault.CACHE_KEY: _FEW,  # fields forgotten
    Fault.SHARED_STATE: _FEW,  # buckets that another call's limit takes away
    Fault.UNEQUAL: (0.02, 0.05, 0.10),  # what computing something else spares, as a share
    Fault.OVERRUN: _FEW,  # intervals between buckets, from the largest
    Fault.REGRESSED: (0.03, 0.06, 0.15),  # than the one before, as a share
    Fault.CLOCKS: (0.03, 0.06, 0.12),  # share of the latency left out
    Fault.UNCOVERED: (0.2, 0.5, 1.0),  # share of the buckets
}
# What the world costs where the tuner under test has not this fault: a sound tuner must stand it.
USUAL: dict[Fault, float] = {fault: strengths[1] for fault, strengths in STRENGTHS.items()}
# The probe that should find a fault, where it is not called as the fault is.
_BY_ANOTHER = dict.fromkeys((Fault.HOST_TIME, Fault.WARM_CACHE), "timing_policy")


def probe_of(fault: Fault) -> str:
    """Name of the probe (scripts.audit.probes) that should find a fault."""
    return _BY_ANOTHER.get(fault, str(fault))
