"""Configs are counted file by file, GPUs with too few files left out."""

from __future__ import annotations

import pandas as pd
from scripts.census.count import count

HISTORY = pd.DataFrame(
    [
        ("A", "a1", "x"), ("A", "a1", "x"), ("A", "a1", "y"), ("A", "a2", "x"), ("A", "a3", None),
        ("B", "b1", "x"),
    ],
    columns=["device", "file", "config_id"],
)  # fmt: skip


def test_configs_are_counted_file_by_file() -> None:
    (row,) = count(HISTORY, 2).to_dict("records")
    assert row == {"device": "A", "files": 2, "entries": 4, "distinct": 3}


def test_the_most_files_come_first() -> None:
    assert count(HISTORY, 1)["device"].tolist() == ["A", "B"]
