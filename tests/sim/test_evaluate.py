"""Models are judged on layers they never saw, on recorded trials."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.lib.schemas.sim import SIM_CALIBRATION, SIM_CELLS, SIM_RATES
from scripts.lib.tables import to_arrow
from scripts.sim.evaluate import (
    calibration_of,
    cells_of,
    folds_of,
    predict_held_out,
    rates_of,
    stamped_cells,
)
from scripts.sim.facts import read_facts


@pytest.fixture(scope="module")
def predicted(measured: pd.DataFrame) -> pd.DataFrame:
    return predict_held_out(measured, read_facts([]), "layer", 1, 2)


@pytest.fixture(scope="module")
def cells(predicted: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    return cells_of(predicted, measured, "learned_from", "layer")


def test_every_trial_is_predicted_once(predicted: pd.DataFrame, measured: pd.DataFrame) -> None:
    assert predicted["cell_id"].tolist() == measured["cell_id"].tolist()
    assert np.isfinite(predicted["corrected_us"]).all()


def test_predictions_do_not_depend_on_the_layers_own_trials(measured: pd.DataFrame) -> None:
    some = measured[(measured["tokens"] == 64) & (measured["experts"] == 8)]
    some = some.reset_index(drop=True)
    own = (some["layer"] == "E8-N1792-K4096-top2").to_numpy()
    reversed_us = some["us"].to_numpy()[::-1]
    twisted = some.assign(us=some["us"].where(~own, reversed_us))
    plain, again = (
        predict_held_out(trials, read_facts([]), "layer", 1, 2) for trials in (some, twisted)
    )
    assert (again["corrected_us"] == plain["corrected_us"])[own].all()
    assert (again["corrected_us"] != plain["corrected_us"])[~own].any()


def test_corrected_beats_analytical_beats_chance(cells: pd.DataFrame) -> None:
    mean = cells.groupby("model")[["spearman", "regret_1", "regret_8"]].mean()
    for measure, better in (("spearman", -1), ("regret_1", 1), ("regret_8", 1)):
        order = (mean[measure] * better).sort_values().index.tolist()
        assert order.index("corrected") < order.index("analytical") < order.index("chance")
    assert mean.loc["corrected", "spearman"] > 0.97
    assert mean.loc["corrected", "regret_8"] < 1.02


def test_tables_fit_their_schemas(cells: pd.DataFrame, predicted: pd.DataFrame) -> None:
    assert to_arrow(cells, SIM_CELLS).num_rows == 4 * 12
    rates = rates_of(cells)
    assert to_arrow(rates, SIM_RATES).num_rows == 2 * 4 * 6
    row = rates.set_index(["model", "quantity", "scheme"]).loc[("chance", "regret_8", "all")]
    chance = cells.loc[cells["model"] == "chance", "regret_8"]
    assert row["cells"] == 12
    assert row["median"] == pytest.approx(chance.median())
    assert row["within"] == (chance <= 1.02).mean()
    points = calibration_of(predicted)
    assert to_arrow(points, SIM_CALIBRATION).num_rows == 12 * 16
    ends = points.groupby("cell_id")["measured_us"].agg(["min", "max"])
    true = predicted.groupby("cell_id")["us"].agg(["min", "max"]).round(6)
    assert (ends == true).all(axis=None)


def test_what_was_stamped_before_the_trial_is_judged_as_it_stood(measured: pd.DataFrame) -> None:
    cell = measured["cell_id"].iloc[0]
    first = measured["cell_id"] == cell
    found = stamped_cells(measured.assign(stamped_us=measured["us"].where(first)))
    assert set(found["cell_id"]) == {cell}
    assert set(found["model"]) == {"corrected", "corrected_plain", "chance"}
    told = found.set_index("model").loc["corrected_plain"]
    assert told["spearman"] == pytest.approx(1.0)
    assert told["regret_1"] == 1.0
    assert told["error"] == 0.0


def test_one_layer_cannot_be_held_out(measured: pd.DataFrame) -> None:
    one = measured[measured["experts"] == 8]
    with pytest.raises(InputError, match="only one experts was measured"):
        predict_held_out(one, read_facts([]), "experts", 1, 1)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_folds_hold_every_name_once_and_are_about_equally_large(sizes):
    names = pd.Series([f"layer{n:02d}" for n, size in enumerate(sizes) for _ in range(size)])
    folds = folds_of(names.sample(frac=1, random_state=1))
    assert folds == folds_of(names)
    assert sorted(name for fold in folds for name in fold) == sorted(names.unique())
    assert len(folds) == min(8, len(sizes))
    rows = [int(names.isin(fold).sum()) for fold in folds]
    assert max(rows) - min(rows) <= max(sizes)
