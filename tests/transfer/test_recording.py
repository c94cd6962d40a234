"""Complete cells: what is looked up, what is left out, and what racing saves."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.tables import read_table, write_table
from scripts.transfer.recording import SAMPLES_A_LOOK, read_recordings
from tests.transfer.recorded import CELLS_OF_THREE, recording, write_recorded
from tests.transfer.study import CELLS_SMALL, CONFIGS, LEGAL, latency

CELL = CELLS_SMALL[0]
ONE = recording(CELL, failed=CONFIGS[:2])


def read(files: dict[str, list[str]]) -> list[object]:
    names = ("trials", "cells", "spaces")
    return list(read_recordings(*([Path(path) for path in files[name]] for name in names)))


def test_a_trial_is_what_was_recorded() -> None:
    trial = ONE.measure(CELL, CONFIGS[9])
    assert (trial.outcome, trial.latency_us) == (Outcome.CORRECT, latency(CELL, CONFIGS[9]))
    assert (trial.gpu_seconds, trial.half_us) == (1.0, 0.5)
    assert ONE.measure(CELL, CONFIGS[0]).latency_us is None


def test_an_unrecorded_config_or_cell_is_an_outcome() -> None:
    for trial in (
        ONE.measure(CELL, Config(32, 16, 256, 4, 2, 2)),
        ONE.measure(CELLS_SMALL[1], CONFIGS[9]),
    ):
        assert (trial.outcome, trial.reason) == (Outcome.NOT_MEASURED, NotMeasured.NOT_RECORDED)


@given(st.sampled_from(CONFIGS[2:]), st.floats(50.0, 300.0))
def test_a_faster_rival_saves_samples_but_never_the_first_look(
    config: Config, rival: float
) -> None:
    whole, cut = ONE.measure(CELL, config), ONE.measure(CELL, config, rival)
    assert cut.latency_us == whole.latency_us
    assert 1.0 - (20 - SAMPLES_A_LOOK) * 0.01 - 1e-12 <= cut.gpu_seconds <= whole.gpu_seconds
    if whole.latency_us is not None and rival >= whole.latency_us:
        assert cut.gpu_seconds == whole.gpu_seconds


def test_a_rival_far_ahead_costs_one_look() -> None:
    slowest = max(CONFIGS, key=lambda config: latency(CELL, config))
    assert ONE.measure(CELL, slowest, 50.0).gpu_seconds == pytest.approx(1.0 - 14 * 0.01)


def test_the_tie_set_is_what_the_interval_cannot_tell_from_the_best() -> None:
    wide, narrow = recording(CELL, half_us=100.0), recording(CELL, half_us=1e-6)
    assert wide.tied.all()
    assert narrow.tied.sum() == int(np.sum(narrow.latency_us == narrow.best_us))


def test_complete_cells_are_read_in_order(tmp_path: Path) -> None:
    found = read(write_recorded(tmp_path))
    assert [one.cell for one in found] == sorted(CELLS_OF_THREE)  # type: ignore[attr-defined]


def test_a_cell_with_an_untried_config_is_left_out(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    path = Path(files["trials"][0])
    write_table(path, read_table(path, TRIALS).iloc[1:], TRIALS)
    left = {one.cell for one in read(files)}  # type: ignore[attr-defined]
    assert set(CELLS_OF_THREE) - left == {CELLS_OF_THREE[0]}


def test_no_complete_cell_is_an_error(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    path = Path(files["trials"][0])
    rows = read_table(path, TRIALS)
    write_table(path, rows[rows["config_id"] != CONFIGS[0].id], TRIALS)
    with pytest.raises(InputError, match="nothing to replay"):
        read(files)


def test_a_cell_without_a_space_table_is_an_error(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    with pytest.raises(InputError, match="no space table NVIDIA_H200-bf16"):
        read({**files, "spaces": []})


def test_a_cell_complete_in_two_datasets_is_an_error(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    with pytest.raises(InputError, match="complete in two datasets"):
        read({**files, "trials": files["trials"] * 2, "cells": files["cells"] * 2})


def test_each_table_of_trials_has_its_cells(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    with pytest.raises(InputError, match="2 tables of trials and 1 of cells"):
        read({**files, "trials": files["trials"] * 2})


def test_an_unreadable_cell_id_names_the_file(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    path = Path(files["cells"][0])
    write_table(path, read_table(path, CELLS).assign(cell_id="H200"), CELLS)
    with pytest.raises(InputError, match=r"cells.parquet: column cell_id"):
        read(files)


def test_regrets_are_those_of_legal_configs_that_were_timed() -> None:
    assert len(ONE.regrets) == len(LEGAL) - 2
    assert ONE.regrets.min() == 1.0


def with_a_row(folder: Path, change: dict[str, object]) -> dict[str, list[str]]:
    """The dataset, its first trial changed."""
    files = write_recorded(folder)
    path = Path(files["trials"][0])
    frame = read_table(path, TRIALS)
    frame.loc[0, list(change)] = list(change.values())
    write_table(path, frame, TRIALS)
    return files


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"median_us": None}, "median_us: nan cannot be"),
        ({"median_us": float("inf")}, "median_us: inf cannot be"),
        ({"outcome": "fine"}, "outcome: fine cannot be"),
        ({"gpu_seconds": float("inf")}, "gpu_seconds: inf cannot be"),
        ({"gpu_seconds": -1.0}, "gpu_seconds: -1.0 cannot be"),
        ({"config_id": "M16"}, "missing key"),
        ({"config_id": CONFIGS[1].id}, "recorded twice"),
    ],
)
def test_a_row_that_is_no_trial_is_named(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    files = with_a_row(tmp_path, change)
    with pytest.raises(InputError, match=message) as error:
        read(files)
    assert files["trials"][0] in str(error.value)


def test_drift_is_corrected_within_the_cell_where_there_is_an_anchor(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    path = Path(files["trials"][0])
    frame = read_table(path, TRIALS)
    for config, anchor in zip(CONFIGS, (100.0, 110.0, 120.0), strict=False):
        first = (frame["cell_id"] == CELLS_OF_THREE[0].id) & (frame["config_id"] == config.id)
        frame.loc[first, "anchor_us"] = anchor
    frame.loc[frame["cell_id"] == CELLS_OF_THREE[1].id, "anchor_us"] = 500.0
    write_table(path, frame, TRIALS)
    for one in read(files):
        drift = [110 / 100, 1.0, 110 / 120, 1.0] if one.cell == CELLS_OF_THREE[0] else [1.0] * 4
        seen = [one.measure(one.cell, config).latency_us for config in CONFIGS[:4]]
        expected = [latency(one.cell, config) for config in CONFIGS[:4]]
        assert seen == pytest.approx(np.multiply(expected, drift))
