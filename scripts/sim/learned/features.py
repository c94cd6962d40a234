"""What the learned correction sees of a question: ratios and logarithms, no names.

Nothing here identifies a GPU, a shape or a config, so that what is learned on one carries over as
far as the physics is alike: sizes enter relative to the GPU (waves, bytes in flight) or to each
other (what limits, how full tiles are), launch parameters as logarithms.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.sim.arrays import Array
from scripts.sim.model.gemm import Gemm
from scripts.sim.model.timing import UNITS, Timing


def features(
    asked: pd.DataFrame, parts: tuple[tuple[Gemm, Timing], tuple[Gemm, Timing]]
) -> pd.DataFrame:
    """One row of float64 features a question; ``parts``: gate-up and down GEMM with their times."""
    columns = _of_config(asked) | _of_routing(asked, parts[0][0])
    total = parts[0][1].seconds + parts[1][1].seconds
    for name, (gemm, timing) in zip(("up", "down"), parts, strict=True):
        found = _of_gemm(gemm, timing, total)
        columns |= {f"{name}_{key}": values for key, values in found.items()}
    # Six decimals: the last digits of a logarithm differ from processor to processor.
    return pd.DataFrame(columns).round(6)


def _of_config(asked: pd.DataFrame) -> dict[str, Array]:
    names = ("block_m", "block_n", "block_k", "group_m", "warps")
    found = {name: np.log2(asked[name].to_numpy()) for name in names}
    plain = ("stages", "waves", "nonkdim", "kpack", "a_bytes", "b_bytes")
    found |= {name: asked[name].to_numpy() for name in plain}
    found["rescaled"] = np.log2(1.0 + asked["rescaled"].to_numpy())
    found["registers"] = np.log2(asked["registers"].to_numpy())
    found["spills"] = np.log2(1.0 + asked["spills"].to_numpy())
    found["shared"] = np.log2(1.0 + asked["shared"].to_numpy())
    return found


def _of_routing(asked: pd.DataFrame, gemm: Gemm) -> dict[str, Array]:
    return {
        "rows_an_expert": np.log2(gemm.rows / asked["E"].to_numpy()),
        "filled": np.log2(gemm.rows_a_block / gemm.block_m),
        "blocks_an_expert": np.log2(gemm.blocks / gemm.touched),
    }


def _of_gemm(gemm: Gemm, timing: Timing, total: Array) -> dict[str, Array]:
    limits = {"memory": timing.memory, "throughput": timing.throughput, "latency": timing.latency}
    found = {name: np.log2(seconds / total) for name, seconds in limits.items()}
    tensor = timing.units[0]
    found |= {
        f"{name}_to_tensor": np.log2(np.maximum(unit, 1e-3 * tensor) / tensor)
        for name, unit in zip(UNITS[1:], timing.units[1:], strict=True)
    }
    return found | {
        "programs": np.log2(timing.share),
        "program_tail": timing.paid_share / timing.share,
        "waves": np.log2(timing.waves),
        "wave_tail": timing.paid_waves / timing.waves,
        "occupancy": gemm.occupancy,
        "steps": np.log2(gemm.steps),
        "idle": np.log2(1.0 + gemm.idle / gemm.programs),
        "weights_to_l2": np.log2(gemm.n * gemm.k * gemm.b_bytes / gemm.l2_bytes),
        "reread": np.log2(timing.traffic.weights / (gemm.touched * gemm.n * gemm.k * gemm.b_bytes)),
    }
