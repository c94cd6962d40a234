"""What is named first for a cell that nobody measured, and that nothing of it had taught that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scripts.lib.config import Config, parse_id
from scripts.lib.device import find_device
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.schemas.openings import OPENINGS
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import to_arrow
from scripts.lib.teaching import Teaching
from scripts.transfer.openings import openings
from tests.transfer.study import DEVICE, LEGAL, latency
from tests.transfer.test_taught import HELD, KIN, OTHER, planted, searched, study


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return openings(study(Teaching.FAMILY_OUT))


def test_each_cell_whose_default_is_in_the_space_has_one(found: pd.DataFrame) -> None:
    to_arrow(found, OPENINGS)
    h200 = find_device(DEVICE)
    cells = [one.cell for one in study(Teaching.FAMILY_OUT).recordings]
    wanted = sorted(
        cell.id for cell in cells if newest_default(cell.shape, cell.tokens, h200) in LEGAL.index
    )
    assert found["cell_id"].tolist() == wanted and wanted
    assert set(found["teaching"]) == {"family_out"}
    assert set(found.loc[found["cell_id"].str.contains(HELD), "family"]) == {"Mixtral"}


def test_it_is_the_first_trial_of_the_search(found: pd.DataFrame) -> None:
    given = study(Teaching.FAMILY_OUT)
    for layer in (HELD, OTHER):
        runs = searched(given, layer)
        first = runs[runs["strategy"] == "S1-S8, all sources"].set_index("cell_id")["regret_1"]
        for row in found[found["cell_id"].str.contains(layer)].itertuples():
            cell = parse_cell(str(row.cell_id))
            us = latency(cell, parse_id(str(row.first_id)))
            best = min(latency(cell, config) for config in LEGAL.configs)
            assert us / best == pytest.approx(first[cell.id])


def test_ratios_are_those_of_the_record(found: pd.DataFrame) -> None:
    for row in found.itertuples():
        cell = parse_cell(str(row.cell_id))
        first, default = (
            latency(cell, parse_id(str(one))) for one in (row.first_id, row.default_id)
        )
        best = min(latency(cell, config) for config in LEGAL.configs)
        # The predictions of this study say what was recorded.
        assert row.predicted_ratio == pytest.approx(first / default)
        assert row.measured_ratio == pytest.approx(first / default)
        assert row.best_ratio == pytest.approx(best / default)


def test_nothing_of_the_family_taught_it(found: pd.DataFrame) -> None:
    telltale = study(Teaching.FAMILY_OUT, planted(DEVICE, KIN))
    plain = study(Teaching.FAMILY_OUT)
    # What was predicted of other layers stays as it was: only recordings are planted.
    for cell in plain.logs:
        assert isinstance(cell, Cell) and np.isfinite(plain.logs[cell]).all()
    leaked = openings(telltale)
    mine = found["cell_id"].str.contains(HELD)
    pd.testing.assert_frame_equal(leaked[mine], found[mine], check_exact=True)


def test_a_default_that_failed_leaves_the_measured_ratio_empty() -> None:
    def us(cell: Cell, config: Config) -> float:
        default = newest_default(cell.shape, cell.tokens, find_device(DEVICE))
        return np.nan if config == default else latency(cell, config)

    broken = study(Teaching.FAMILY_OUT, us).recordings
    frame = openings(replace(study(Teaching.FAMILY_OUT), recordings=broken))
    assert frame["measured_ratio"].isna().all() and len(frame)
