"""Small histories to build a corpus from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY
from scripts.lib.tables import rows_to_arrow

CONFIG = "M16-N64-K128-G1-W4-S3"
OTHER = "M16-N64-K128-G1-W8-S3"


def row(device: str | None, batch: int | None, config: str | None = CONFIG, **more: Any) -> dict:
    """A row of the history; ``day`` and ``first_day`` are days of January 2025."""
    last, first = more.pop("day", 1), more.pop("first_day", 1)
    values = {
        "pinned_commit": "c" * 40,
        "blob_id": "b" * 40,
        "E": 8,
        "N": 3584,
        "dtype": "",
        "block_shape": "",
        "backend": "",
        "scheme": "bf16",
        "device": device,
        "batch": batch,
        "position": 0,
        "config_id": config,
        "entry": f'"{config}"',
        "status": "config" if config else "rejected",
        "reason": None if config else "bad_value",
        "detail": None,
        "triton_version": None,
        "reachable": True,
        "censored": None,
        "first_commit": "f" * 40,
        "last_commit": "e" * 40,
    } | more
    for which, day in (("first", first), ("last", last)):
        for kind in ("author", "commit"):
            values[f"{which}_{kind}_date"] = f"2025-01-{day:02}T00:00:00Z"
    shape = "".join(str(values[key]) for key in ("E", "N", "dtype", "block_shape", "backend"))
    return {"file": f"{shape}-{device}.json"} | values


def theirs(device: str | None, batch: int | None, config: str | None = CONFIG, **more: Any) -> dict:
    """A row of SGLang's history; ``day`` and ``first_day`` are days of January 2025."""
    last, first = more.pop("day", 1), more.pop("first_day", 1)
    plain = row(device, batch, config) | {
        "runtime": "sglang",
        "source": "wheels",
        "pinned": "1.2",
        "per_channel": False,
        "down": False,
        "present": True,
        "first": "1.0",
        "last": "1.1",
        "first_date": f"2025-01-{first:02}T00:00:00Z",
        "last_date": f"2025-01-{last:02}T00:00:00Z",
    }
    return {name: (plain | more)[name] for name in RUNTIME_HISTORY.names}


def history(*rows: dict) -> pd.DataFrame:
    """The rows as the history table gives them."""
    return rows_to_arrow(rows, HISTORY).to_pandas()
