"""Routing that a real router chose, logged by somebody who ran a model."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

ROUTING = Table(
    "routing",
    1,
    "One row per (token, slot): the experts that a router sent a token to. Tokens count from 0, "
    "every token has the slots 0 to top_k - 1, and its experts are distinct.",
    (
        Column("token", pa.int32(), "token, in the order that the router saw them"),
        Column("slot", pa.int16(), "position among the token's experts, from 0"),
        Column("expert", pa.int32(), "expert, from 0"),
        Column("weight", pa.float32(), "routing weight; all or none are given", nullable=True),
    ),
    ("1: first version",),
)
