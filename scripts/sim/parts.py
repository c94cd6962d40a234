"""A prediction taken apart: bytes by level, operations, programs, waves, and what limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scripts.sim.arrays import Array
from scripts.sim.model.gemm import Gemm
from scripts.sim.model.timing import UNITS, Timing
from scripts.sim.simulator import Parts

GEMMS = ("gate_up", "down")
# memory, latency: see scripts.sim.model.timing; the units of a processor; launch: coming and going
LIMITS = ("memory", "latency", *UNITS, "launch")


def limits(parts: Parts) -> Array:
    """Index into LIMITS of what takes longest, both GEMMs together."""
    seconds = np.sum([_limit_seconds(timing) for _, timing in parts], axis=0)
    return np.asarray(seconds.argmax(axis=0))


def _limit_seconds(timing: Timing) -> Array:
    """[limit, question]; throughput is booked on the busiest unit."""
    busiest = np.argmax(timing.units, axis=0)
    units = [np.where(busiest == i, timing.throughput, 0.0) for i in range(len(UNITS))]
    return np.stack([timing.memory, timing.latency, *units, timing.overhead])


def table(parts: Parts) -> list[pd.DataFrame]:
    """For each GEMM a row of plain numbers a question; see ``summary`` for what they are."""
    return [_of_gemm(gemm, timing) for gemm, timing in parts]


def _of_gemm(gemm: Gemm, timing: Timing) -> pd.DataFrame:
    whole = gemm.programs * gemm.steps
    moved = timing.traffic
    slowest = _limit_seconds(timing).argmax(axis=0)
    return pd.DataFrame(
        {
            "seconds": timing.seconds,
            "dram_bytes": moved.memory,
            "l2_bytes": moved.l2,
            "shared_bytes": moved.shared_step * whole,
            "useful_flops": gemm.useful_flops,
            "launched_flops": gemm.step_flops * whole,
            "tiles": gemm.programs,
            "idle_programs": gemm.idle,
            "waves": timing.waves,
            "tail": 1.0 - timing.share / timing.paid_share,
            "occupancy": gemm.occupancy,
            "limiting_unit": np.array(LIMITS)[slowest],
        }
    )


def summary(rows: pd.DataFrame, passes: int = 1) -> dict[str, Any]:
    """One pass of all GEMMs in ``rows``, the mean one where there are several passes.

    Bytes, operations and tiles add up. Waves, the share of time that the tail wastes, and the
    programs a processor holds are means weighted by time; what limits is what does so longest.
    """
    weight = rows["seconds"] / rows["seconds"].sum()
    means = ("waves", "tail", "occupancy")
    longest = rows.groupby("limiting_unit")["seconds"].sum().idxmax()

    def total(name: str) -> float:
        return _short(float(rows[name].sum()) / passes)

    return {
        "bytes": {name: total(f"{name}_bytes") for name in ("dram", "l2", "shared")},
        "flops": {name: total(f"{name}_flops") for name in ("useful", "launched")},
        "tiles": total("tiles"),
        "idle_programs": total("idle_programs"),
        **{name: _short(float((rows[name] * weight).sum())) for name in means},
        "limiting_unit": str(longest),
    }


def _short(value: float) -> float:
    return float(f"{value:.6g}")
