"""A recording of the operator with known latencies, and files of which it measured the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import write_json
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.shape import BATCH_LADDER, Cell, parse_shape
from scripts.lib.tables import write_table
from tests.report.copied import filled

DEVICE, TRITON, ROUNDS = "NVIDIA_H200", "3.6.0", 24
COMMITTED, FAST, SLOW = (f"M16-N{n}-K128-G1-W8-S5" for n in (32, 64, 256))
SHAPES = [parse_shape(f"E8-N{n}-K512-top2-bf16") for n in (256, 512)]
CELLS_OF = {
    f"E={one.experts},N={one.intermediate},device_name={DEVICE}.json": [
        Cell(DEVICE, one, tokens) for tokens in BATCH_LADDER
    ]
    for one in SHAPES
}
WHOLE, HALF = CELLS_OF  # of the second file the larger batch sizes were not recorded
# By tokens of the first file: latency of committed, default, the fast and the slow config.
TRUTH = dict.fromkeys(BATCH_LADDER, (100.0, 101.0, 99.9, 150.0)) | {
    1: (110.0, 100.0, 120.0, 150.0),  # slower than without a file
    64: (100.0, 104.0, 90.0, 150.0),  # behind the fast one
    4096: (100.0, 100.2, 98.0, 150.0),  # within 3%, and yet beaten
}


def recorded(cell: Cell) -> bool:
    """Whether the planted recording holds a cell."""
    return cell.shape == SHAPES[0] or cell.tokens <= 8


def latencies(cell: Cell) -> dict[str, float]:
    """Truth by config; of the second file nothing differs."""
    us = TRUTH[cell.tokens] if cell.shape == SHAPES[0] else (100.0,) * 4
    names = (COMMITTED, default_config(cell.shape, cell.tokens).id, FAST, SLOW)
    return dict(zip(names, us, strict=True))


def finals() -> pd.DataFrame:
    """FINALS with 0.2% of noise; committed twice."""
    generator = np.random.default_rng(3)
    rows = []
    for cell in (one for cells in CELLS_OF.values() for one in cells if recorded(one)):
        us = latencies(cell)
        slots = [*us.items(), (COMMITTED, us[COMMITTED])]
        rows += [
            {"cell_id": cell.id, "config_id": name, "run_id": "r", "slot": slot, "round": number,
             "us": true * (1 + 0.002 * generator.standard_normal())}
            for number in range(ROUNDS)
            for slot, (name, true) in enumerate(slots)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def history() -> pd.DataFrame:
    """HISTORY of both files, and of one that the loader does not reach."""
    day = pd.Timestamp("2026-01-02", tz="UTC")
    rows = [
        {"file": file, "E": cell.shape.experts, "N": cell.shape.intermediate, "device": DEVICE,
         "scheme": "bf16", "batch": cell.tokens, "config_id": COMMITTED, "status": "config",
         "reachable": reachable, "last_commit_date": day, "position": place,
         "triton_version": TRITON if file == HALF else None}
        for name, cells in CELLS_OF.items()
        for file, reachable in ((name, True), (f"old-{name}", False))
        for place, cell in enumerate(cells)
    ]  # fmt: skip
    return filled(pd.DataFrame(rows), HISTORY)


def written(folder: Path, command: str = "study") -> Path:
    """The recording's tables in a folder, and the history beside it."""
    cells = [
        {"cell_id": cell.id, "device": DEVICE, "scheme": "bf16", "E": cell.shape.experts,
         "N": cell.shape.intermediate, "tokens": cell.tokens, "committed_id": COMMITTED,
         "routing": "uniform", "weights": "cold"}
        for cells in CELLS_OF.values()
        for cell in cells
        if recorded(cell)
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "cells.parquet", filled(pd.DataFrame(cells), CELLS), CELLS)
    write_table(folder / "finals.parquet", finals(), FINALS)
    packages = {"triton": TRITON, "vllm": "0.24.0", "torch": "2.11.0"}
    gpu = {"name": "NVIDIA H200", "driver": "580"}
    run = {"packages": packages, "gpu": gpu, "command": command, "protocol": {"rounds": 40}}
    write_json(folder / "runs.json", {"runs": [run]})
    write_table(folder.parent / "history.parquet", history(), HISTORY)
    return folder
