"""How copied configs and the best candidates fare in each class of cells."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table


class What(StrEnum):
    """What is held against the committed config."""

    COPIED = "copied"  # another GPU's committed config as it stands: TRIPLE_VERDICTS
    BEST = "best"  # the best of the other configs tried: GAINS
    SEARCHED = "searched"  # what S1-S8 from that source alone found on the GPU: LIVE


class By(StrEnum):
    """What the cells are told apart by."""

    ALL = "all"
    EXPERTS = "E"  # experts of a rank
    INTERMEDIATE = "N"  # intermediate size of a rank
    SCHEME = "scheme"  # number formats
    TOKENS = "M"  # tokens
    SOURCE = "source"  # the GPU that is copied from; copied only
    VENDOR = "vendor"  # its maker; copied only
    FAMILY = "family"  # of the model whose layer it most likely is
    AGE = "age"  # of the committed config's last commit, at the latest commit of the history
    TRITON = "Triton"  # the version that the committed config's file states


BREAKDOWNS = Table(
    "breakdowns",
    2,
    "Verdicts over the classes of the cells of one GPU. Files are the layers: a layer's cells were "
    "tuned together, and those copied from several GPUs share their committed config.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("what", pa.string(), "copied, best or searched (What)"),
        Column("by", pa.string(), "what tells the classes apart (By)"),
        Column("order", pa.int32(), "the class's place among its like"),
        Column("value", pa.string(), "the class"),
        Column("judged", pa.int32(), "triples or cells with a verdict"),
        Column(
            "metric",
            pa.string(),
            "rates: win, tie, loss, win_or_tie, at_or_under (ratio <= 1), within_2, within_10; "
            "win_widened, loss_widened, non_inferior_widened: by intervals that allow for the A/A "
            "error of the batch size; "
            "ratio: geometric mean; speedup_winners: mean of committed / chosen over the wins",
        ),
        *ESTIMATE,
    ),
    ("2: searched; widened verdicts", "1: first version"),
)
