"""In whose finals a row was judged: its state there, its error, and medians widened by it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.states import STATES, Power, Steadiness
from scripts.lib.tables import write_table
from scripts.statistics import held, options
from scripts.statistics.held import Held, errors, widen_medians
from tests.statistics.planted_states import errors_of, states_of
from tests.statistics.test_spread import cell


def rows(*datasets: str | None, same: bool = False) -> pd.DataFrame:
    known = pd.DataFrame({"dataset": list(datasets), "cell_id": cell(1), "tokens": 1})
    return known.assign(same=same)


def test_the_error_is_that_of_the_recording_and_the_batch_size() -> None:
    rates = pd.concat([errors_of([1, 64], 0.01, "a"), errors_of([64], 0.02, "b")])
    whole = errors_of([None], 0.5, "b")  # type: ignore[list-item]
    found = errors(rows("a", "b", None), pd.concat([rates, whole]))
    np.testing.assert_array_equal(found, [0.01, np.nan, np.nan])
    np.testing.assert_array_equal(errors(rows("a", "b", same=True), rates), [0.0, 0.0])


def test_a_cell_of_no_recording_is_unprobed_and_its_power_unknown() -> None:
    states = states_of([(cell(1), Power.LIMITED, Steadiness.DRIFTED)], "a")
    found = Held(states, errors_of([], 0.0)).about(rows("a", "b", None))
    assert found["power"].tolist() == [Power.LIMITED, Power.UNKNOWN, Power.UNKNOWN]
    assert found["steadiness"].tolist() == [Steadiness.DRIFTED, *[Steadiness.UNPROBED] * 2]


def test_medians_are_widened_by_the_larger_error_of_their_cell() -> None:
    names = [cell(1), cell(2), cell(3), cell(1)]
    choices = pd.DataFrame({"cell_id": names, "ratio": [0.9, 1.1, 0.9, 1.0]})
    choices = choices.assign(low=[0.89, 1.09, 0.89, 1.0], high=[0.91, 1.11, 0.91, 1.0])
    states = pd.concat(
        [
            states_of([(cell(1), Power.FREE, Steadiness.STEADY)], "a").assign(tokens=1),
            states_of([(cell(1), Power.FREE, Steadiness.STEADY)], "b").assign(tokens=1),
            states_of([(cell(2), Power.FREE, Steadiness.STEADY)], "a").assign(tokens=64),
        ]
    )
    rates = pd.concat(
        [errors_of([1], 0.02, "a"), errors_of([64], 0.03, "a"), errors_of([1], 0.1, "b")]
    )
    found = widen_medians(choices, states, rates)
    apart = np.array([0.1, 0.03, np.nan, 0.0])  # of no recording: nothing is shown
    np.testing.assert_allclose(found["low"], choices["low"] * np.exp(-apart))
    np.testing.assert_allclose(found["high"], choices["high"] * np.exp(apart))


def test_a_recording_without_a_cell_is_named(tmp_path) -> None:
    states, rates = tmp_path / "states.parquet", tmp_path / "aa.parquet"
    write_table(states, states_of([(cell(1), Power.FREE, Steadiness.STEADY)], "a"), STATES)
    write_table(rates, errors_of([1], 0.01, "a"), AA_RATES)
    parser = options.parser("", "")
    held.add_options(parser)
    words = [f"--states={states}", f"--aa={rates}", "--study", "a", "--fresh"]
    assert list(held.read(parser.parse_args(words)).study) == ["a"]
    with pytest.raises(InputError, match="no cell of b"):
        held.read(parser.parse_args([*words, "b"]))
