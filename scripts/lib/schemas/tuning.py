"""The command that tunes a layer, timed run by run."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

KNOWN, HIDDEN, OPERATOR = "known", "hidden", "operator"  # kinds of runs
STEPS = ("start", "space", "open", "learn", "warm up", "measure", "end")
MEASURING = ("compilers", "trials", "finals", "search")

TUNING = Table(
    "tuning",
    2,
    "One row per run of the command on a GPU, in the order in which they were made.",
    (
        Column("recording", pa.string(), "name of the recording"),
        Column("run", pa.string(), "name of the run in it"),
        Column("commit", pa.string(), "of this repository, at which it ran"),
        Column("device", pa.string(), "GPU"),
        Column("shape", pa.string(), "layer, see scripts.lib.shape.Shape"),
        Column(
            "kind",
            pa.string(),
            f"{KNOWN}: the GPU is recorded; {HIDDEN}: its recordings were hidden; {OPERATOR}: "
            "known, with finals under the runtime's operator",
        ),
        Column("trials", pa.int32(), "of all batch sizes"),
        Column("batches", pa.int32(), "batch sizes"),
        Column("seconds", pa.float64(), "own seconds, until the files are written"),
        Column("wall", pa.float64(), "of the process, operator's finals included"),
        Column("load", pa.float64(), "processes that wanted a core at its end, of the machine"),
        *(Column(f"s_{step.replace(' ', '_')}", pa.float64(), "own seconds") for step in STEPS),
        *(Column(f"m_{part}", pa.float64(), "of measuring: seconds") for part in MEASURING),
        Column("over_committed", pa.float64(), "found over committed, geometric mean", True),
        Column("over_default", pa.float64(), "found over the default, geometric mean", True),
        Column("worst_over_standing", pa.float64(), "row over the better of both, operator", True),
        Column("worst_as_tuned", pa.float64(), "the same of what the two GEMMs had chosen", True),
    ),
    ("2: commit", "1: first version"),
)

CHOICES = Table(
    "tuning_choices",
    1,
    "One row per (run, batch size): what the file holds and what is named as tied with it.",
    (
        Column("recording", pa.string(), "name of the recording"),
        Column("run", pa.string(), "name of the run in it"),
        Column("kind", pa.string(), "as of TUNING"),
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("config_id", pa.string(), "what the two GEMMs chose"),
        Column("ties", pa.string(), "named as tied with it, itself included, by commas"),
        Column("over_committed", pa.float64(), "found over committed", True),
        Column("exported_id", pa.string(), "what the operator chose", True),
        Column("over_standing", pa.float64(), "of that over the better of both", True),
        Column("as_tuned", pa.float64(), "the same of the two GEMMs' choice", True),
    ),
    ("1: first version",),
)
