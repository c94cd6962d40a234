"""What the published tuning method costs on this GPU, sampled on random configs.

As published for the runtime's own tuner: compile in line, capture 10 calls in a CUDA graph, 5
warm-up replays, 20 timed replays, one mean; routing drawn anew per candidate; no correctness check.
Here a call is the two GEMMs alone, and making the inputs is not counted: both flatter the method.

Every config is timed twice: with the compiler's disk cache empty, as the method finds it for the
first batch of a file, and with its binaries there, as they may be for every later batch.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from scripts.lib.config import parse_id
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import BATCH_LADDER, Cell
from scripts.lib.tables import read_table
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol

Body = dict[str, Any]
CALLS, WARM_UP, TIMED = 10, 5, 20
SPACE_SIZE = 1920  # configs of the published search, legal or not


def published_cost(samples: Sequence[Mapping[str, Any]]) -> Body:
    """Scale sampled seconds to a file of 18 batches; ``samples`` as ``sample_cells`` gives them.

    ``seconds_per_file``: every batch compiles anew, which is how the published times of a batch
    came about. ``seconds_per_file_cached``: batches after the first find all binaries.
    """
    cold = fmean(row["compile_seconds"] + row["timing_seconds"] for row in samples)
    warm = fmean(row["cached_seconds"] for row in samples)
    batches = len(BATCH_LADDER)
    return {
        "space": SPACE_SIZE,
        "batches": batches,
        "seconds_per_config": round(cold, 5),
        "cached_seconds_per_config": round(warm, 5),
        "seconds_per_file": round(cold * SPACE_SIZE * batches, 1),
        "seconds_per_file_cached": round((cold + warm * (batches - 1)) * SPACE_SIZE, 1),
        "samples": list(samples),
    }


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
            cold = _candidate(cell, weights, entry, seed + number)
            warm = _candidate(cell, weights, entry, seed + number)
        except Exception as error:  # the published method skips a config that fails
            print(f"{config_id}: {type(error).__name__}", file=sys.stderr)
            continue
        row = {"compile_seconds": cold[0], "timing_seconds": cold[1], "cached_seconds": sum(warm)}
        rounded = {name: round(seconds, 5) for name, seconds in row.items()}
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
