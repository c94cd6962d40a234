"""The interleaved samples of many cells as matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.lib.judging.medians import median_interval, median_intervals
from scripts.statistics.rounds import read_rounds

NAMES = ["cell_id", "run_id", "round", "slot", "config_id", "us"]


def finals(*rows: tuple[str, str, int, int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES)


def test_rounds_of_each_run_and_cell_stand_apart_and_in_order() -> None:
    table = finals(
        ("b", "r1", 0, 0, "X", 1.0),
        ("a", "r2", 0, 0, "X", 4.0),
        ("a", "r1", 1, 2, "Y", 3.0),
        ("a", "r1", 1, 0, "X", 2.0),
        ("a", "r1", 0, 0, "X", 1.0),
    )
    first, second = read_rounds(table, 0.95)
    assert (first.cell_id, second.cell_id) == ("a", "b")
    assert first.configs == {0: "X", 2: "Y"}
    np.testing.assert_equal(first.samples, [[1.0, np.nan], [2.0, 3.0], [4.0, np.nan]])
    assert first.numbers.tolist() == [0, 1, 0]
    np.testing.assert_equal(second.samples, [[1.0]])


def test_a_ratio_is_taken_within_the_rounds_that_hold_both() -> None:
    table = finals(
        *[("a", "r", number, 0, "X", 10.0 * (number + 1)) for number in range(8)],
        *[("a", "r", number, 1, "Y", 5.0 * (number + 1)) for number in range(7)],
    )
    (rounds,) = read_rounds(table, 0.95)
    assert rounds.ratio(1, 0) == (0.5, 0.5, 0.5)
    assert rounds.ratio(0, 0) == (1.0, 1.0, 1.0)
    assert rounds.first_slot("Y") == 1
    assert rounds.first_slot("Z") is None


def test_without_finals_there_is_no_cell() -> None:
    assert list(read_rounds(finals(), 0.95)) == []


@pytest.mark.parametrize(
    "extra", [("b", "r", 0, 0, "X", 2.0), ("b", "r", 1, 0, "Y", 2.0)], ids=["twice", "two configs"]
)
def test_a_slot_twice_or_of_two_configs_is_named(extra: tuple[str, str, int, int, str, float]):
    table = finals(("a", "r", 0, 0, "X", 1.0), ("b", "r", 0, 0, "X", 1.0), extra)
    with pytest.raises(InputError, match="cell b holds two configs in one slot or a"):
        list(read_rounds(table, 0.95))


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.floats(0.1, 10) | st.just(float("nan")), min_size=1, max_size=12),
             min_size=1, max_size=4)
)  # fmt: skip
def test_medians_of_many_columns_are_those_of_each(columns: list[list[float]]) -> None:
    rows = max(map(len, columns))
    padded = np.array([column + [np.nan] * (rows - len(column)) for column in columns]).T
    found = median_intervals(padded, 0.95)
    for got, column in zip(found, columns, strict=True):
        values = np.array([value for value in column if not np.isnan(value)])
        if not len(values):
            assert np.isnan(got).all()
            continue
        assert got[0] == pytest.approx(np.median(values))
        np.testing.assert_equal(got, median_interval(values, 0.95))
