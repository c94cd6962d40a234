"""How varied the config files of a GPU are."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

CENSUS = Table(
    "census",
    1,
    "One row per GPU with files enough, the most files first.",
    (
        Column("device", pa.string(), "GPU as in the files' names"),
        Column("files", pa.int32(), "config files"),
        Column("entries", pa.int32(), "batch sizes in them, one config each"),
        Column("distinct", pa.int32(), "configs that differ, counted file by file"),
    ),
    ("1: first version",),
)
