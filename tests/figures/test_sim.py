"""Predicted against measured latencies, and what the predictor's order costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.figures import sim
from scripts.lib.files import InputError
from scripts.lib.schemas.sim import SIM_CALIBRATION, SIM_CELLS
from tests.figures.case import Case
from tests.report import absent


def calibration() -> pd.DataFrame:
    """Two number formats, predicted a tenth too slow."""
    measured = np.geomspace(20, 2000, 12)
    return pd.DataFrame(
        {
            "cell_id": "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64",
            "config_id": [f"M16-N64-K64-G{i + 1}-W4-S2" for i in range(12)],
            "device": "NVIDIA_H200",
            "scheme": ["bf16", "fp8_w8a8"] * 6,
            "tokens": 64,
            "measured_us": measured,
            "predicted_us": measured * 1.1,
            "analytical_us": measured * 1.3,
        }
    )


CASE = Case(
    sim.main,
    lambda *_: {
        "calibration": (calibration(), SIM_CALIBRATION),
        "cells": (absent.sim_cells(), SIM_CELLS),
    },
    draw=lambda read: sim.draw(read["calibration"], read["cells"]),
)


def test_regret_is_drawn_of_unseen_layers_up_to_all_cells() -> None:
    drawn_regrets = sim.regrets(absent.sim_cells())
    unseen = absent.sim_cells().query("held_out == 'layer'")
    for (model, top), curve in drawn_regrets.groupby(["model", "K"]):
        cells = unseen[unseen["model"] == model]
        expected = 100 * (np.sort(cells[f"regret_{top}"]) - 1)
        assert np.allclose(curve["per_cent"], expected)
        assert curve["share"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert len(drawn_regrets) == len(sim.CURVES) * 4


def test_no_layer_held_out_is_refused() -> None:
    with pytest.raises(InputError, match="held out"):
        sim.regrets(absent.sim_cells().query("held_out == 'experts'"))
