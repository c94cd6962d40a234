"""The equations of a GPU of which nothing was recorded: what its record says is not left open."""

from dataclasses import asdict

import pytest

from scripts.lib.device import devices, find_device
from scripts.sim.gpu_out import untaught
from scripts.sim.model.parameters import OPEN, Parameters
from scripts.sim.model.timing import INSTRUCTION


@pytest.mark.parametrize("name", sorted(name for name, one in devices().items() if one.peak_flops))
def test_only_the_issue_of_an_instruction_differs_and_within_its_range(name: str) -> None:
    found, started = asdict(untaught(find_device(name))), asdict(Parameters.started())
    assert {key for key in found if found[key] != started[key]} <= {"issue_clk"}
    assert OPEN["issue_clk"].low <= found["issue_clk"] <= OPEN["issue_clk"].high


def test_four_warps_reach_the_peak_of_the_fastest_format() -> None:
    h200 = find_device("NVIDIA_H200")
    clocks = untaught(h200).issue_clk
    flops_s = 4 * 2 * INSTRUCTION / clocks * h200.clock_hz * h200.processors
    assert flops_s == pytest.approx(h200.peak_flops["fp8"])
    # Hopper is four times as fast as Ampere, clock for clock, in its fastest format.
    assert untaught(find_device("NVIDIA_A100-SXM4-80GB")).issue_clk > 1.9 * clocks
