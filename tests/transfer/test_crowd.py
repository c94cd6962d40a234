"""What other GPUs' files have in common, where nothing was recorded on any GPU."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.lib.config import parse_id
from scripts.lib.device import find_device
from scripts.lib.shape import Cell, parse_shape
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.crowd import CROWD_WEIGHT, Crowd
from scripts.transfer.learn_kernel import UNFITTED
from scripts.transfer.legal import LegalSpace, coordinates
from scripts.transfer.lessons import learn_lessons
from scripts.transfer.library import Library
from scripts.transfer.merit import VOICES
from tests.tune.conftest import DATA

DEVICE = "NVIDIA_H200"
CELL = Cell(DEVICE, parse_shape("E8-N3584-K4096-top2-bf16"), 64)
LEGAL = LegalSpace(
    parse_id(f"M{m}-N{n}-K64-G{g}-W4-S3") for m in (16, 64, 256) for n in (32, 128) for g in (1, 16)
)


@pytest.fixture(scope="module")
def history() -> History:
    return read_history(DATA / "history.parquet")


def test_it_is_a_weighted_density_of_the_other_gpus_configs(history: History) -> None:
    """Once more, row by row."""
    found = Crowd(history, find_device(DEVICE)).unlikely(CELL, LEGAL)
    rows = [
        (file, tokens, config) for file in history.every() if file.device != DEVICE
        for tokens, config in file.configs.items()
    ]  # fmt: skip

    def traits(experts: int, intermediate: int, tokens: int) -> np.ndarray:
        touched = experts * (1 - (1 - min(2 / experts, 1)) ** tokens)
        return np.log2([touched, tokens * 2 / touched, intermediate])

    weights = []
    for file, tokens, _ in rows:
        apart = traits(file.experts, file.intermediate, tokens) - traits(8, 3584, 64)
        weight = np.exp(-0.5 * ((apart / [1.0, 0.7, 1.5]) ** 2).sum())
        device = find_device(file.device)
        weight *= (
            1.0 if device.arch == "sm_90" else 0.3 if device.vendor.value == "nvidia" else 0.03
        )
        weights.append(weight * (1.0 if file.scheme == "bf16" else 0.1))
    heavy = sorted(range(len(rows)), key=lambda row: -weights[row])[:400]
    by_hand = []
    for config in LEGAL.configs:
        total = 0.0
        for row in heavy:
            steps = coordinates([config])[0] - coordinates([rows[row][2]])[0]
            near = np.array([0.7, 0.7, 0.7, 2.0, 0.7, 1.0])
            total += weights[row] * np.exp(-0.5 * ((steps / near) ** 2).sum())
        by_hand.append(-np.log(total / sum(weights[row] for row in heavy) + 1e-3))
    assert np.allclose(found, np.array(by_hand) - min(by_hand))


def test_the_gpus_own_files_tell_nothing(history: History) -> None:
    rows = [file for file in history.every() if file.device != DEVICE]
    with_own = Crowd(history, find_device(DEVICE))
    assert len(with_own._kin) == sum(len(file.configs) for file in rows)


def test_without_recordings_the_crowd_speaks_for_the_portfolio(history: History) -> None:
    lessons = learn_lessons((), Library([]), history, {}, 1)
    said = lessons.said(CELL, LEGAL, [], np.zeros(len(LEGAL)))
    crowd = Crowd(history, find_device(DEVICE)).unlikely(CELL, LEGAL)
    assert np.allclose(said[:, VOICES.index("S8")], crowd)
    assert lessons.predicted_kernel == UNFITTED
    weights = dict(zip(VOICES, lessons.weights((), ["S6", "S8"]), strict=True))
    assert (weights["S6"], weights["S8"]) == (1.0, CROWD_WEIGHT)
    assert dict(zip(VOICES, lessons.weights((), ["S6"]), strict=True))["S8"] == 0.0
