"""The recorded data, and the tables that are made of it, for all tests of guardrails and gate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from scripts.claims.inputs import Dataset, read_dataset
from scripts.corpus.models import read_models
from scripts.corpus.shapes import make_shapes
from scripts.corpus.triples import make_triples
from scripts.lib.recordings import DATASETS, recordings
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table
from scripts.statistics.coverage import corpus_cells, cover
from scripts.statistics.dataset import read_datasets
from scripts.statistics.recorded import CELL_COLUMNS, SPACE_COLUMNS, TRIAL_COLUMNS, record

MEASURED = Path("data/recorded/measured")
HISTORY_FILE = Path("data/recorded/history.parquet")
DEVICE = "NVIDIA_H200"
FIRST = [one.name for one in recordings(*DATASETS, device=DEVICE)]
AGAIN = [one.name for one in recordings("repeat", device=DEVICE)]


@dataclass(frozen=True)
class Study:
    """The recorded study; ``first``: its datasets, ``every``: the second recordings as well."""

    history: pd.DataFrame
    triples: pd.DataFrame
    coverage: pd.DataFrame
    recorded: pd.DataFrame
    first: list[Dataset]
    every: list[Dataset]


@pytest.fixture(scope="session")
def study() -> Study:
    history = read_table(HISTORY_FILE, HISTORY)
    shapes = make_shapes(history, read_models(Path("data/models.yaml")))
    first = [read_dataset(MEASURED / name) for name in FIRST]
    trials = read_datasets([one.folder / "trials.parquet" for one in first], TRIALS, TRIAL_COLUMNS)
    cells = read_datasets([one.folder / "cells.parquet" for one in first], CELLS, CELL_COLUMNS)
    schemes = {parse_cell(name).shape.scheme for name in trials["cell_id"].unique()}
    # One legal config that nobody tried: no cell counts as complete.
    untried = [(DEVICE, scheme, "untried", True) for scheme in sorted(schemes)]
    recorded = record(trials, cells, pd.DataFrame(untried, columns=SPACE_COLUMNS))
    return Study(
        history=history,
        triples=make_triples(history),
        coverage=cover(corpus_cells(history, shapes, DEVICE), recorded),
        recorded=recorded,
        first=first,
        every=[*first, *(read_dataset(MEASURED / name) for name in AGAIN)],
    )
