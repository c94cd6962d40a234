"""From bytes and operations to microseconds: three limits of a GEMM, and what joins them.

memory      device memory, at the bandwidth that the loads in flight can draw (Little's law:
            bytes in flight over latency and transfer time)
throughput  the busiest unit of a processor (tensor cores, L2 link, shared memory, lanes), over the
            programs that one processor works off; an incomplete wave counts in part as a whole one
latency     a program alone: start, then step after step along K, each no shorter than its loads'
            latency spread over the stages of the pipeline; programs resident at once overlap

A norm of these three is the time on the GPU; a kernel's coming and going and the programs that
find no rows are added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.sim.arrays import Array
from scripts.sim.model.gemm import Gemm
from scripts.sim.model.parameters import Parameters
from scripts.sim.model.traffic import Traffic, traffic

UNITS = ("tensor", "l2", "shared", "lanes")
_SHARED_BYTES_CLK = 128.0  # of one processor: CUDA C++ Programming Guide; AMD's CDNA 3 ISA
_LANES_CLK = 128.0  # float32 lanes of one processor
INSTRUCTION = 16 * 8 * 16  # products of one tensor instruction of one warp


@dataclass(frozen=True)
class Timing:
    """Seconds of one GEMM by what takes them.

    ``units``: of one program and step, in the order of UNITS. ``share``: programs that one
    processor works off, ``waves``: the same in fills of the processor; ``paid_share`` and
    ``paid_waves`` count what an incomplete last one leaves empty.
    """

    seconds: Array
    memory: Array
    throughput: Array
    latency: Array
    overhead: Array
    units: tuple[Array, ...]
    share: Array
    paid_share: Array
    waves: Array
    paid_waves: Array
    traffic: Traffic


def time_gemm(gemm: Gemm, p: Parameters) -> Timing:
    """Time of one GEMM under the parameters ``p``."""
    moved = traffic(gemm, p)
    units = _units(gemm, moved, p)
    busy = _norm(units, p.contention) + _spilling(gemm, p)
    share, waves = gemm.share, gemm.waves
    paid_share = share + p.tail * gemm.empty_share
    paid_waves = np.maximum(waves + p.tail * gemm.empty_waves, 1.0)
    stored = gemm.block_m * gemm.block_n * 2.0 / (p.store_bytes_clk * gemm.clock_hz)
    alone = p.start_s + gemm.steps * _alone(gemm, busy, p)
    limits = (
        moved.memory / _bandwidth(gemm, moved, p),
        paid_share * (gemm.steps * busy + stored),
        paid_waves * alone,
    )
    overhead = p.launch_s + gemm.idle * p.idle_s
    memory, throughput, latency = limits
    seconds = _norm((memory, np.maximum(throughput, latency)), p.overlap) + overhead
    return Timing(seconds, *limits, overhead, units, share, paid_share, waves, paid_waves, moved)


def _units(gemm: Gemm, moved: Traffic, p: Parameters) -> tuple[Array, ...]:
    """Seconds of one program and step on each unit of a processor that it has to itself."""
    reached = np.where(gemm.native, p.tensor_share, p.legacy_share)
    widening = gemm.widened * p.unpack_ops * gemm.block_n * gemm.block_k
    scaling = (gemm.rescaled > 0) * 2.0 * gemm.block_m * gemm.block_n
    clocks = (
        gemm.step_flops / (gemm.tensor_flops * reached),
        moved.l2_step / p.l2_bytes_clk,
        moved.shared_step / (_SHARED_BYTES_CLK * p.shared_share),
        (widening + scaling) / _LANES_CLK,
    )
    return tuple(clock / gemm.clock_hz for clock in clocks)


def _spilling(gemm: Gemm, p: Parameters) -> Array:
    """Seconds of one step to store spilled registers and load them again."""
    spilled = gemm.spills * 4.0 * 2.0 * gemm.lanes * gemm.warps
    return spilled / (_SHARED_BYTES_CLK * p.spill_share * gemm.clock_hz)


def _alone(gemm: Gemm, busy: Array, p: Parameters) -> Array:
    """Seconds of a step of a program that no other one overlaps with."""
    products = gemm.block_m * gemm.block_n * gemm.block_k / (INSTRUCTION * gemm.warps)
    loads = p.dram_latency_s / np.maximum(gemm.stages - 1.0, 1.0)
    issue = products * p.issue_clk / gemm.clock_hz
    return np.asarray(np.maximum.reduce((loads, busy, issue)))


def _bandwidth(gemm: Gemm, moved: Traffic, p: Parameters) -> Array:
    """Bytes a second from device memory, given what is in flight."""
    running = np.minimum(gemm.programs, gemm.resident)
    flying = running * np.maximum(gemm.stages - 1.0, 1.0) * moved.l2_step
    seconds = (1.0 / (gemm.bandwidth_bytes_s * p.dram_share), p.dram_latency_s / flying)
    return 1.0 / _norm(seconds, p.queueing)


def _norm(parts: tuple[Array, ...], order: float) -> Array:
    """(sum of parts ** order) ** (1 / order), without overflow."""
    worst = np.maximum.reduce(parts)
    total = sum((part / worst) ** order for part in parts)
    return np.asarray(worst * total ** (1.0 / order))
