"""The classes that cells are told apart by, and where their bounds lie."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pandas as pd

from scripts.lib.device import record_of, short_name
from scripts.lib.judging.token_classes import BREAKDOWN
from scripts.lib.schemas.breakdowns import By
from scripts.lib.shape import parse_cell

# Upper bounds; what lies above the last is a class of its own.
EXPERTS = (8, 32, 128)
INTERMEDIATE = (256, 1024, 3072)
AGE_DAYS = (180, 365)
NO_MODEL, NO_VERSION = "no known model", "not stated"
Classes = dict[By, pd.Series]


def ranges(values: pd.Series, bounds: Sequence[int]) -> pd.Series:
    """The range of each value in words, as an ordered category: ``up to 8``, …, ``from 129``."""
    lower = [f"{below + 1} to {bound}" for below, bound in pairwise(bounds)]
    words = [f"up to {bounds[0]}", *lower, f"from {bounds[-1] + 1}"]
    edges = [float("-inf"), *bounds, float("inf")]
    cut: pd.Series = pd.cut(values, edges, labels=words, ordered=True)
    return cut


def classify(rows: pd.DataFrame, shapes: pd.DataFrame, files: pd.DataFrame) -> Classes:
    """Each class of each row, by what; those by source only where ``rows`` has one.

    ``rows``: cell_id, shape_id, scheme, tokens, file; ``shapes``: SHAPES; ``files``: age_days and
    triton_version by the file of the committed config.
    """
    cells = {name: parse_cell(name).shape for name in rows["cell_id"].unique()}
    models = shapes.drop_duplicates("shape_id").set_index("shape_id")["model"]
    found = files.reindex(rows["file"]).set_index(rows.index)
    model = rows["shape_id"].map(models)
    classes = {
        By.EXPERTS: ranges(rows["cell_id"].map(lambda name: cells[name].experts), EXPERTS),
        By.INTERMEDIATE: ranges(
            rows["cell_id"].map(lambda name: cells[name].intermediate), INTERMEDIATE
        ),
        By.SCHEME: _named(rows["scheme"]),
        By.TOKENS: ranges(rows["tokens"], BREAKDOWN),
        By.FAMILY: _named(model.str.split("-").str[0].fillna(NO_MODEL)),
        By.AGE: ranges(found["age_days"], AGE_DAYS),
        By.TRITON: _named(found["triton_version"].fillna(NO_VERSION)),
    }
    if "source" in rows:
        classes[By.SOURCE] = _named(rows["source"].map(short_name))
        classes[By.VENDOR] = _named(rows["source"].map(_vendor))
    return classes


@cache
def _vendor(device: str) -> str:
    record = record_of(device)
    return "unknown" if record is None else str(record.vendor)


def _named(values: pd.Series) -> pd.Series:
    return values.astype(str).astype("category").cat.as_ordered()


def describe_files(history: pd.DataFrame) -> pd.DataFrame:
    """Of each config file: triton_version, and its age in days when the history's last one came.

    ``history``: HISTORY. By last commit: what a file held before that is not there any more.
    """
    files = history.drop_duplicates("file").set_index("file")
    age = files["last_commit_date"].max() - files["last_commit_date"]
    days = age.dt.total_seconds() / 86400
    return pd.DataFrame({"age_days": days, "triton_version": files["triton_version"]})
