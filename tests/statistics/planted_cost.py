"""A layer recorded whole in a small space, and a tuning of it that was timed."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from scripts.lib.schemas.cost import COST, COST_CELLS, COST_RECORDINGS, COST_TRAINING
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.tables import Table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.cost import Evidence, tables
from scripts.statistics.recorded import record
from tests.statistics.study import CONFIGS, DEVICE, build

SHAPE = "E8-N3584-K4096-top2-bf16"
DATASET, COMMIT, UUID = "nvidia_h200-whole", "8" * 40, "GPU-1"
FILES = 3  # config files of the GPU
MODEL = {
    "sha256": "1" * 64,
    "version": "v1",
    "datasets": [DATASET],
    "layers": [[DEVICE, SHAPE]],
}
RUNS = {
    "runs": [
        {"commit": COMMIT, "gpu": {"uuid": UUID}, "cpus": cpus, "compile_seconds": seconds,
         "trial_seconds": 10.0}
        for cpus, seconds in ((16, 8.0), (4, 2.0))
    ]
}  # fmt: skip


def sample(tokens: int, config_id: str, compiling: float, timing: float) -> dict[str, Any]:
    """One config of which compiling was sampled in line."""
    cell = f"{DEVICE}/{SHAPE}/M{tokens}"
    seconds = {"compile_seconds": compiling, "timing_seconds": timing}
    return {"cell_id": cell, "config_id": config_id} | seconds


def measured(device: str = DEVICE) -> dict[str, Any]:
    """What scripts.measure.tuning_cost writes."""
    return {
        "gpu": {"device": device, "uuid": UUID},
        "commit": COMMIT,
        "cpus": 16,
        "shape": SHAPE,
        "batches": len(BATCH_LADDER),
        "model": MODEL,
        "graphx": {
            "budget": 8,
            "steps": {"plan": 0.5, "sweep": 1.5},
            "seconds": 2.0,
            "cell_seconds": 1.25,
            "compile_seconds": 0.5,
            "chosen": {f"{device}/{SHAPE}/M{tokens}": CONFIGS[7] for tokens in BATCH_LADDER},
        },
        "upstream": {
            "samples": [
                sample(1, CONFIGS[0], 1.0, 0.02),
                sample(1, CONFIGS[3], 0.8, 0.03),
                sample(64, CONFIGS[5], 0.9, 0.02),
                sample(64, CONFIGS[9], 1.3, 0.02),
            ]
        },
    }


@cache
def evidence(device: str = DEVICE) -> Evidence:
    """What is recorded: the layer with every legal config."""
    drawn = build(5, ((8, 3584, 4096, 2),), BATCH_LADDER, seeds=1, rounds=1, device=device)
    trials, cells = (frame.assign(dataset=DATASET) for frame in (drawn.trials, drawn.cells))
    files = [f"{number}.json" for number in range(FILES)]
    return Evidence(
        trials=trials,
        recorded=record(trials, cells, drawn.space[drawn.space["legal"]]),
        coverage=pd.DataFrame({"device": device, "file": files}),
        space=drawn.space,
        runs={DATASET: RUNS},
    )


def planted(plan: Plan) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All tables of scripts.statistics.cost."""
    schemas = (COST, COST_CELLS, COST_RECORDINGS, COST_TRAINING)
    made = tables([measured()], evidence(), plan)
    return {table.name: (frame, table) for frame, table in zip(made, schemas, strict=True)}
