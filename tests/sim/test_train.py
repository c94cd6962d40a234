"""A model: the same from the same trials, whole through its file, better than its equations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator, analytical_us, load, time_layer
from scripts.sim.train import train


def test_training_twice_gives_the_same_file(
    measured: pd.DataFrame, facts: pd.DataFrame, tmp_path: Path
) -> None:
    some = measured[(measured["tokens"] == 64) & (measured["experts"] == 8)]
    some = some.reset_index(drop=True)
    for name in ("one", "two"):
        train(some, facts, 1, "v1", note="x").save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_model_survives_its_file(
    simulator: Simulator, measured: pd.DataFrame, facts: pd.DataFrame, tmp_path: Path
) -> None:
    simulator.save(tmp_path / "model.json")
    again = load(tmp_path / "model.json")
    asked = ask(measured["cell_id"].head(500), measured["config_id"].head(500), facts)
    assert (again.predict_us(asked) == simulator.predict_us(asked)).all()
    assert again.trained == simulator.trained
    assert ("NVIDIA_H200", "E8-N3584-K4096-top2-bf16") in again.trained


def test_the_correction_comes_closer_than_the_equations(
    simulator: Simulator, measured: pd.DataFrame, facts: pd.DataFrame
) -> None:
    asked = ask(measured["cell_id"], measured["config_id"], facts)
    plain = analytical_us(time_layer(asked, simulator.parameters))
    us = measured["us"].to_numpy()

    def missed(predicted: np.ndarray) -> float:
        return float(np.median(np.abs(np.log(predicted / us))))

    assert missed(simulator.predict_us(asked)) < 0.6 * missed(plain) < 0.06


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "not a graphx-sim model"),
        ('{"format": 99}', "model format 99, expected 1"),
        ("[1", "not valid JSON"),
    ],
)
def test_a_file_that_is_no_model_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        load(path)
