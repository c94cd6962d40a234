"""graphx-sim's predictions for recorded cells, by models that never saw the layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.shape import Cell
from scripts.lib.tables import read_table
from scripts.lib.teaching import Teaching

Array = NDArray[np.float64]


def read_predictions(
    path: Path,
    legal: Mapping[Cell, Sequence[Config]],
    teaching: Teaching = Teaching.LAYER_OUT,
) -> tuple[dict[Cell, Array], dict[Cell, Array]]:
    """Logarithms of the predicted latencies, and places in graphx-sim's order, of legal configs.

    Cells that the SIM_HELD_OUT table does not know are left out. InputError if it knows a cell, but
    not all of its legal configs, or if they were predicted under another choice of what may teach.
    """
    frame = read_table(path, SIM_HELD_OUT).set_index("config_id")
    other = set(frame["teaching"]) - {teaching}
    if other:
        raise InputError(
            f"{path}: column teaching: predicted under {', '.join(sorted(other))}, but {teaching} "
            f"is asked; give the table of graphx-sim evaluate --teaching {teaching}"
        )
    by_cell = {str(name): rows for name, rows in frame.groupby("cell_id")}
    ids: dict[int, list[str]] = {}
    logs, places = {}, {}
    for cell, configs in legal.items():
        rows = by_cell.get(cell.id)
        if rows is None:
            continue
        if id(configs) not in ids:
            ids[id(configs)] = [config.id for config in configs]
        found = rows.reindex(ids[id(configs)])
        if found["place"].isna().any():
            missing = found.index[found["place"].isna()][0]
            raise InputError(
                f"{path}: {cell.id} {missing}: not predicted; evaluate the model again"
            )
        logs[cell] = np.log(found["predicted_us"].to_numpy(dtype=float))
        places[cell] = found["place"].to_numpy(dtype=float)
    return logs, places
