"""Launches of an operator's kernels, by kernels that say what they were launched with.

Binaries of Triton's own know their registers once a GPU has loaded them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from scripts.runtime.launched import Launched, compiling


@dataclass
class Binary:
    """Of a kernel, and what it was launched with."""

    n_regs: int
    n_spills: int
    given: tuple[tuple[Any, ...], dict[str, Any]]


class Kernel:
    """A second and a third launch are as the first."""

    def __init__(self, registers: int) -> None:
        self.registers = registers

    def run(self, *args: Any, **kwargs: Any) -> Binary:
        if kwargs.get("grid") == 0:
            raise ValueError("no grid")
        return Binary(self.registers, self.registers // 100, (args, kwargs))


def test_the_two_gemms_of_a_call_are_known_in_their_order():
    plain, packed = kernels = Kernel(128), Kernel(255)
    launched = Launched(kernels)
    assert plain.run(1, grid=2).given == ((1,), {"grid": 2})
    packed.run()
    assert launched.resources() == {"registers": [128, 255], "spills": [1, 2]}
    packed.run()  # a third is no pair of GEMMs
    assert launched.resources() == {"registers": None, "spills": None}
    launched.clear()
    packed.run()
    plain.run()
    assert launched.resources()["registers"] == [255, 128]


def test_what_is_compiled_is_not_launched_and_afterwards_it_is_again():
    kernel = Kernel(64)
    with compiling(kernel):
        assert kernel.run(grid=1).given[1] == {"grid": 1, "warmup": True}
    with pytest.raises(ValueError, match="no grid"), compiling(kernel):
        kernel.run(grid=0)
    assert kernel.run(grid=1).given[1] == {"grid": 1}
