"""Whose kernels a sweep measures: graphx's own, or those of a runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from scripts.lib.chain import Chain
from scripts.lib.shape import Shape
from scripts.measure.conditions import Conditions
from scripts.measure.controller.records import OWN_COMMAND, PACKAGES, kernel_hash
from scripts.measure.protocol import Protocol

# Why a config cannot run on a shape, as far as compilers know; None if nothing is known of it.
Said = Callable[[str, Shape], str | None]
Compile = Callable[[pd.DataFrame, Chain, str, Protocol, Conditions], Said]
# Slots of the same config in the finals, beyond the first, of the best and of the committed one:
# A/A pairs that calibrate false wins.
TWINS = (1, 2)


def _nothing() -> None:
    """What a subject has to end that compiles before measuring begins."""


@dataclass(frozen=True)
class Subject:
    """What is measured.

    ``kernel_hash``: of the kernels' source. ``compile``: makes the binaries of a plan's rows ahead,
    for the run of that id. ``packages``: whose versions stand in a run's line. ``module``: the
    command's. ``in_order``: layers as the plan has them, not the one with most work first.
    ``twins``: slots of the best and of the committed config in the finals, beyond the first.
    ``end``: called when measuring is over, or paused.
    """

    kernel_hash: str
    compile: Compile
    packages: tuple[str, ...] = PACKAGES
    module: str = OWN_COMMAND
    in_order: bool = False
    twins: tuple[int, int] = TWINS
    end: Callable[[], None] = _nothing


def own_kernels() -> Subject:
    """The kernels of this repository."""
    return Subject(kernel_hash(), _compile_own)


def _compile_own(
    rows: pd.DataFrame, chain: Chain, run_id: str, protocol: Protocol, conditions: Conditions
) -> Said:
    if conditions.backend == "interpreter":
        return nothing_to_compile
    # Imported here, since kernels are made for the compiler when they are imported.
    from scripts.measure.compile_run import compile_plan  # noqa: PLC0415
    from scripts.measure.controller.compiled import Compiled  # noqa: PLC0415

    run_time = conditions.run_time
    return Compiled(compile_plan(rows, chain, run_id, protocol, run_time), run_time)


def nothing_to_compile(config_id: str, shape: Shape) -> str | None:
    """What is said where no compiler was asked."""
    return None
