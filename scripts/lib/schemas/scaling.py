"""What sharing a measurement out over many GPUs costs, simulated from what was recorded."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.tables import Column, Table


class Layout(StrEnum):
    """What more GPUs do."""

    SHARED = "shared"  # they share the recorded cells out, a part each
    KINDS = "kinds"  # each is of another kind and measures all of the cells


SCALING = Table(
    "scaling",
    1,
    "One row per (layout, number of GPUs): the recorded cells dealt out as `measure.parts` deals "
    "them, each cell taking the seconds that it took when it was recorded.",
    (
        Column("layout", pa.string(), "shared: one record made by all; kinds: a record each"),
        Column("gpus", pa.int32(), "GPUs, each with a job and a ledger of its own"),
        Column("cells", pa.int64(), "cells measured, over all GPUs"),
        Column("trials", pa.int64(), "trials, over all GPUs: what merging and scanning read"),
        Column("largest", pa.int64(), "trials in the largest ledger"),
        Column("seconds", pa.float64(), "wall seconds until the last job has ended"),
        Column(
            "measuring", pa.float64(), "share of the GPUs' time: trials and what is around them"
        ),
        Column("starting", pa.float64(), "share: jobs that start, also after a kill"),
        Column("compiling", pa.float64(), "share: binaries, each job its own"),
        Column("repeating", pa.float64(), "share: cells that a kill had begun anew"),
        Column("waiting", pa.float64(), "share: GPUs that are done, until the last job has ended"),
        Column("kills", pa.int64(), "jobs killed and sent again"),
    ),
    ("1: first version",),
)
