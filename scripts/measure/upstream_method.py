"""What the published tuning method takes on this GPU, sampled on random configs.

As published for the runtime's own tuner (scripts.lib.published_method): compile in line, capture
the calls in a CUDA graph, replay it; routing drawn anew per candidate; no correctness check. Here a
call is the two GEMMs alone, and making the inputs is not counted: both flatter the method. Each
config finds the compiler's disk cache empty. The results use the seconds of compiling; those of
timing are recorded beside them, and summed over recorded latencies instead.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.lib.config import parse_id
from scripts.lib.published_method import CALLS, TIMED, WARM_UP
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import Cell
from scripts.lib.tables import read_table
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol

Body = dict[str, Any]


def sample_cells(cells: Sequence[Cell], space: Path, configs: int) -> list[Body]:
    """Seconds of ``configs`` random legal configs on each cell, on the GPU of this machine."""
    table = read_table(space, SPACE)
    legal = table.loc[table["legal"], "config_id"]
    rows = []
    for number, cell in enumerate(cells):
        ids = legal.sample(configs, random_state=Protocol().seed + number)
        with tempfile.TemporaryDirectory() as cache:
            os.environ["TRITON_CACHE_DIR"] = cache
            rows += _sample_cell(cell, ids.tolist())
    return rows


def _sample_cell(cell: Cell, config_ids: list[str]) -> list[Body]:
    from scripts.measure.backend.gpu import GpuBackend  # noqa: PLC0415 - needs a GPU stack
    from scripts.measure.work.operands import make_weights  # noqa: PLC0415

    backend, seed = GpuBackend(), Protocol().seed
    weights = make_weights(cell.shape, 1, seed, backend.device, backend.fnuz)
    rows = []
    for number, config_id in enumerate(config_ids):
        entry = parse_id(config_id).to_entry()
        try:
            seconds = _candidate(cell, weights, entry, seed + number)
        except Exception as error:  # the published method skips a config that fails
            print(f"{config_id}: {type(error).__name__}", file=sys.stderr)
            continue
        names = ("compile_seconds", "timing_seconds")
        rounded = {name: round(one, 5) for name, one in zip(names, seconds, strict=True)}
        rows.append({"cell_id": cell.id, "config_id": config_id} | rounded)
    return rows


def _candidate(
    cell: Cell, weights: Any, entry: Mapping[str, int], seed: int
) -> tuple[float, float]:
    """Tune one config the published way: seconds of compiling and loading, seconds of the rest."""
    from scripts.measure.backend.gpu import GpuBackend  # noqa: PLC0415
    from scripts.measure.work.scopes import make_operands  # noqa: PLC0415

    backend = GpuBackend()  # has no binary loaded yet
    operands = make_operands(cell, weights, Conditions(run_time=()), seed, backend)

    def call() -> None:
        operands.run(loaded.launch, entry, operands.inputs.passes[0])

    backend.synchronise()
    began = time.perf_counter()
    loaded = backend.load(entry, cell.shape)
    operands.prepare(loaded, entry)
    call()
    backend.synchronise()
    compiled = time.perf_counter()

    def calls() -> None:
        for _ in range(CALLS):
            call()

    replays = backend.timer(calls, CALLS)
    replays(WARM_UP)
    for _ in range(TIMED):
        replays(1)
    return compiled - began, time.perf_counter() - compiled
