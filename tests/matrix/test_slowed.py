"""The engines that are slowed for real: what they read, and what is said of them beforehand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.lib.files import read_json
from scripts.matrix.cells import Cell, cells_of
from scripts.matrix.reading import read_matrix
from scripts.matrix.slowed import foretold

OURS = Path("data/matrix/slowed.yaml")
MATRIX = read_matrix(OURS)
SLOWED = [cell for cell in cells_of(MATRIX) if cell.kind == "feature"]


def config_file(cell: Cell) -> Path:
    (path,) = Path(cell.engine["config_folder"]).glob("E=*.json")
    return path


@pytest.mark.parametrize("cell", SLOWED, ids=lambda cell: cell.id)
def test_only_the_rows_differ_that_the_foretold_times_read(cell: Cell) -> None:
    base = next(one for one in cells_of(MATRIX) if one.kind == "baseline")
    good, slow = read_json(config_file(base)), read_json(config_file(cell))
    assert config_file(base).name == config_file(cell).name
    assert good.keys() == slow.keys()
    assert [tokens for tokens in good if good[tokens] != slow[tokens]] == ["1", "2048"]
    assert set(foretold(MATRIX, cell)) == {"step_gpu", f"pp{MATRIX.numbers.pp}_gpu"}
    assert re.search(cell.log[0], f"Using configuration from {config_file(cell).as_posix()}")


def test_they_are_named_by_what_they_cost_and_lie_on_both_sides_of_the_margin() -> None:
    said = {cell.settings["configs"]: foretold(MATRIX, cell) for cell in SLOWED}
    for name, times in said.items():
        percent = int(name.removeprefix("by_"))
        assert all(abs(ratio - 1 - percent / 100) < 0.005 for ratio in times.values())
    margin = 1 + MATRIX.numbers.regression
    assert {ratio > margin for times in said.values() for ratio in times.values()} == {True, False}
