"""A small invented study: a space of 48 configs, cells, proposals and trials with known answers."""

from collections.abc import Iterable, Sequence
from itertools import product

import pandas as pd
import pyarrow as pa

from kernels.formats import SCHEMES
from scripts.lib.config import Config, parse_id
from scripts.lib.device import find_device
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import Cell, Shape
from scripts.lib.tables import Column, Table
from scripts.space.prefilter import prefilter
from scripts.space.spaces import published_space
from scripts.transfer.legal import LegalSpace

DEVICE = "NVIDIA_H200"
SHAPE = Shape(8, 3584, 4096, 2, "bf16")
CELLS_SMALL = [Cell(DEVICE, SHAPE, tokens) for tokens in (1, 64, 1024)]
CONFIGS = [
    Config(m, n, k, g, w, s)
    for m, n, k, g, w, s in product((16, 64), (64, 128), (64, 128), (1, 16), (4,), (2, 3, 4))
]
LEGAL = LegalSpace(CONFIGS)


def h200_space() -> LegalSpace:
    """The 1,304 bf16 configs that an H200 has the shared memory for."""
    device, form = find_device(DEVICE), SCHEMES["bf16"]
    space = published_space(device.vendor, form)
    legal = space.loc[prefilter(space, device, form).isna(), "config_id"]
    return LegalSpace(parse_id(config_id) for config_id in legal)


def filled(table: Table, rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Rows with every column of the schema: absent ones are empty, or a zero of their type."""
    whole = [{c.name: row.get(c.name, _blank(c)) for c in table.columns} for row in rows]
    return pd.DataFrame(whole, columns=table.names)


def with_none(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with None where a value is absent, so that rows compare as plain Python."""
    return frame.astype(object).where(frame.notna(), None)


def _blank(column: Column) -> object:
    if column.nullable:
        return None
    if pa.types.is_string(column.type):
        return ""
    if pa.types.is_timestamp(column.type):
        return pd.Timestamp(0, tz="UTC")
    return pa.scalar(0).cast(column.type).as_py()


def trial_row(
    cell: Cell, config: Config, us: float | None, outcome: str = "correct", **more: object
) -> dict[str, object]:
    ids = {"cell_id": cell.id, "config_id": config.id, "run_id": "r"}
    return ids | {"outcome": outcome, "median_us": us, "gpu_seconds": 0.25} | more


def history_row(
    device: str, batch: int, config: Config, position: int = 0, **more: object
) -> dict[str, object]:
    return {
        "file": f"E=8,N=3584,device_name={device}.json",
        "E": 8,
        "N": 3584,
        "scheme": "bf16",
        "device": device,
        "batch": batch,
        "position": position,
        "config_id": config.id,
        "status": "config",
        "reachable": True,
    } | more


def space_frame(configs: Sequence[Config] = CONFIGS) -> pd.DataFrame:
    rows = [{"device": DEVICE, "scheme": "bf16", "config_id": c.id, "legal": True} for c in configs]
    return filled(SPACE, rows)


def latency(cell: Cell, config: Config) -> float:
    """A smooth invented latency with one best config per cell, in us."""
    wanted = 16 if cell.tokens < 100 else 64
    wrong = abs(config.block_size_m - wanted) + abs(config.block_size_n - 128) / 4
    return 100.0 + wrong + abs(config.num_stages - 3) + config.group_size_m / 32
