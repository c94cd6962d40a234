"""Invented complete recordings, in memory and as files, and what goes with them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import Cell, Shape
from scripts.lib.tables import write_table
from scripts.transfer.legal import LegalSpace
from scripts.transfer.recording import Recording
from tests.transfer.study import (
    CONFIGS,
    DEVICE,
    LEGAL,
    filled,
    history_row,
    latency,
    space_frame,
    trial_row,
)

Latency = Callable[[Cell, Config], float]
SHAPES = [Shape(8, n, 4096, 2, "bf16") for n in (3584, 1792, 7168)]
CELLS_OF_THREE = [Cell(DEVICE, shape, tokens) for shape in SHAPES for tokens in (1, 64, 1024)]
SOURCE = "NVIDIA_H100_80GB_HBM3"
AMD = "AMD_Instinct_MI300X"


def recording(
    cell: Cell,
    us: Latency = latency,
    legal: LegalSpace = LEGAL,
    failed: Sequence[Config] = (),
    half_us: float = 0.5,
) -> Recording:
    """All legal configs tried, 20 samples each, a second of GPU time; the ``failed`` timed out."""
    size = len(legal)
    outcomes = [
        Outcome.TIMEOUT if config in failed else Outcome.CORRECT for config in legal.configs
    ]
    values = [np.nan if config in failed else us(cell, config) for config in legal.configs]
    return Recording(
        cell,
        legal,
        legal.configs,
        tuple((outcome, None) for outcome in outcomes),
        np.array(values),
        np.full(size, half_us),
        np.full(size, 20.0),
        np.full(size, 0.01),
        np.ones(size),
        legal.configs[7],
    )


def write_recorded(folder: Path, us: Latency = latency) -> dict[str, list[str]]:
    """Files of a dataset of ``CELLS_OF_THREE``; command-line values by the argument's name."""
    data, spaces = folder / "data", folder / "space"
    tried = [
        trial_row(cell, config, us(cell, config), low_us=us(cell, config) - 0.5,
                  high_us=us(cell, config) + 0.5, samples=20)
        for cell in CELLS_OF_THREE
        for config in CONFIGS
    ]  # fmt: skip
    cells = [{"cell_id": cell.id, "draws": 2} for cell in CELLS_OF_THREE]
    predicted = [
        {
            "cell_id": cell.id,
            "config_id": config.id,
            "place": place,
            "predicted_us": 90.0 + place,
            "teaching": "layer_out",
        }
        for cell in CELLS_OF_THREE
        for place, config in enumerate(sorted(CONFIGS, key=lambda config: us(cell, config)), 1)
    ]  # fmt: skip
    history = [
        history_row(device, batch, CONFIGS[place], file=f"E=8,N={shape.intermediate},{device}.json",
                    N=shape.intermediate, position=batch)
        for place, device in ((5, SOURCE), (9, AMD), (30, DEVICE))
        for shape in SHAPES
        for batch in (1, 64, 1024)
    ]  # fmt: skip
    write_table(data / "trials.parquet", filled(TRIALS, tried), TRIALS)
    write_table(data / "cells.parquet", filled(CELLS, cells), CELLS)
    write_table(spaces / f"{DEVICE}-bf16.parquet", space_frame(), SPACE)
    write_table(folder / "predictions.parquet", filled(SIM_HELD_OUT, predicted), SIM_HELD_OUT)
    write_table(folder / "history.parquet", filled(HISTORY, history), HISTORY)
    return {
        "trials": [str(data / "trials.parquet")],
        "cells": [str(data / "cells.parquet")],
        "spaces": [str(spaces / f"{DEVICE}-bf16.parquet")],
        "history": [str(folder / "history.parquet")],
        "predictions": [str(folder / "predictions.parquet")],
    }
