"""graphx-sim as it is for a GPU of which nothing was recorded: taught by other GPUs alone."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from scripts.lib.device import Device, find_device
from scripts.sim.learned.committee import Committee
from scripts.sim.model.parameters import OPEN, Parameters
from scripts.sim.model.timing import INSTRUCTION
from scripts.sim.simulator import Simulator

UNTAUGHT = "equations"
# Each with tensor units and a warp scheduler of its own: NVIDIA's white papers of Ampere, Hopper
# and Blackwell (four sub-partitions of a multiprocessor), AMD's CDNA 3 ISA (four SIMD units).
_PARTS = 4


def untaught(device: Device) -> Parameters:
    """Where fitting starts, but for what the GPU's record says.

    A warp issues a tensor instruction no slower than the units of its part of a processor work it
    off at the peak of the GPU's fastest format; else four warps could never reach that peak.
    """
    flops_clk = max(device.peak_flops.values()) / device.processors / device.clock_hz
    clocks, known = 2.0 * INSTRUCTION * _PARTS / flops_clk, OPEN["issue_clk"]
    issue_clk = min(max(clocks, known.low), known.high)
    return replace(Parameters.started(), issue_clk=issue_clk)


def simulator_without(
    device: str, measured: pd.DataFrame, facts: pd.DataFrame, seed: int
) -> Simulator:
    """Fitted to what other GPUs recorded; the equations alone, unfitted, if no other one did.

    ``measured``: trials of all legal configs of cells (scripts.sim.recorded).
    """
    others = measured[measured["device"] != device].reset_index(drop=True)
    if others.empty:
        return Simulator(UNTAUGHT, untaught(find_device(device)), Committee(()), (), {})
    # Imported here: scikit-learn takes a second to load, and nothing is to be grown.
    from scripts.sim.train import train  # noqa: PLC0415

    return train(others, facts, seed, f"without-{device}")
