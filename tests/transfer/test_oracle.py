"""Replayed trials: outcomes, drift correction, and records that are none."""

from pathlib import Path

import pytest

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.shape import Cell
from scripts.lib.tables import write_table
from scripts.transfer.oracle import Trial, read_replay_oracle
from tests.transfer.study import CELLS_SMALL, CONFIGS, DEVICE, SHAPE, filled, trial_row

CELL = CELLS_SMALL[0]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    write_table(path, filled(TRIALS, rows), TRIALS)
    return path


def test_a_recorded_trial_comes_back(tmp_path: Path) -> None:
    oracle = read_replay_oracle(write(tmp_path / "t", [trial_row(CELL, CONFIGS[0], 12.5)]))
    assert oracle.measure(CELL, CONFIGS[0]) == Trial(Outcome.CORRECT, 12.5, 0.25)


def test_a_failure_is_an_outcome_with_its_cost(tmp_path: Path) -> None:
    row = trial_row(CELL, CONFIGS[0], None, "timeout", reason="hung")
    trial = read_replay_oracle(write(tmp_path / "t", [row])).measure(CELL, CONFIGS[0])
    assert trial == Trial(Outcome.TIMEOUT, None, 0.25, "hung")


@pytest.mark.parametrize(
    ("cell", "config"),
    [
        (CELL, Config(16, 16, 16, 1, 1, 1)),
        (Cell(DEVICE, SHAPE, 7), CONFIGS[0]),
        (Cell("NVIDIA_B200", SHAPE, 1), CONFIGS[0]),
    ],
)
def test_what_was_never_recorded_is_not_measured(
    cell: Cell, config: Config, tmp_path: Path
) -> None:
    oracle = read_replay_oracle(write(tmp_path / "t", [trial_row(CELL, CONFIGS[0], 12.5)]))
    trial = oracle.measure(cell, config)
    assert (trial.outcome, trial.reason) == (Outcome.NOT_MEASURED, NotMeasured.NOT_RECORDED)
    assert (trial.latency_us, trial.gpu_seconds) == (None, 0.0)


def test_drift_is_corrected_within_the_cell_where_there_is_an_anchor(tmp_path: Path) -> None:
    other = CELLS_SMALL[1]
    rows = [
        trial_row(CELL, CONFIGS[0], 10.0, anchor_us=100.0),
        trial_row(CELL, CONFIGS[1], 10.0, anchor_us=110.0),
        trial_row(CELL, CONFIGS[2], 10.0, anchor_us=120.0),
        trial_row(CELL, CONFIGS[3], 10.0),
        trial_row(other, CONFIGS[0], 10.0, anchor_us=500.0),
        trial_row(CELLS_SMALL[2], CONFIGS[0], 10.0),
    ]
    oracle = read_replay_oracle(write(tmp_path / "t", rows))
    seen = [oracle.measure(CELL, config).latency_us for config in CONFIGS[:4]]
    assert seen == pytest.approx([10 * 110 / 100, 10.0, 10 * 110 / 120, 10.0])
    assert oracle.measure(other, CONFIGS[0]).latency_us == 10.0
    assert oracle.measure(CELLS_SMALL[2], CONFIGS[0]).latency_us == 10.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"median_us": None}, "outcome is correct, but the latency is nan"),
        ({"median_us": float("inf")}, "outcome is correct, but the latency is inf"),
        ({"outcome": "fine"}, "'fine' is not a valid Outcome"),
        ({"gpu_seconds": float("inf")}, "gpu_seconds is inf"),
        ({"gpu_seconds": -1.0}, "gpu_seconds is -1.0"),
        ({"config_id": "M16"}, "missing key"),
        ({"cell_id": "H200"}, "is not a cell id"),
    ],
)
def test_a_row_that_is_no_trial_is_named(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "t", [trial_row(CELL, CONFIGS[0], 12.5) | change])
    with pytest.raises(InputError, match=message) as error:
        read_replay_oracle(path)
    assert str(path) in str(error.value)


def test_a_trial_recorded_twice_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "t", [trial_row(CELL, CONFIGS[0], us) for us in (12.5, 13.0)])
    with pytest.raises(InputError, match="recorded twice"):
        read_replay_oracle(path)
