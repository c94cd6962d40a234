"""Fitting finds the latencies of a known set of parameters, and leaves unheard ones alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from scripts.lib.files import InputError
from scripts.sim.facts import read_facts
from scripts.sim.model.fit import fit
from scripts.sim.model.parameters import OPEN, Parameters
from scripts.sim.questions import ask
from scripts.sim.simulator import analytical_us, time_layer

TRUE = replace(Parameters.started(), dram_share=0.8, tensor_share=0.6, start_s=4e-6, overlap=3.0)


def test_fit_recovers_latencies(measured: pd.DataFrame) -> None:
    some = measured.iloc[:: len(measured) // 600]
    asked = ask(some["cell_id"], some["config_id"], read_facts([]))
    us = analytical_us(time_layer(asked, TRUE))
    found = fit(asked, us)
    error = np.log(analytical_us(time_layer(asked, found)) / us)
    assert np.abs(error).mean() < 0.01
    assert found.dram_share == pytest.approx(0.8, rel=0.05)
    for name, value in found.values().items():
        assert OPEN[name].low <= value * 1.001 and value <= OPEN[name].high * 1.001
    # All weights are bf16 here: nothing speaks of widening them.
    assert found.unpack_ops == pytest.approx(OPEN["unpack_ops"].start)


def test_digits_do_not_depend_on_the_number_of_threads(measured: pd.DataFrame) -> None:
    some = measured.iloc[:: len(measured) // 2000]
    asked = ask(some["cell_id"], some["config_id"], read_facts([]))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(fit(asked, some["us"].to_numpy()).values())
    assert found[0] == found[1]


def test_model_file_of_other_parameters_is_refused() -> None:
    values = Parameters.started().values()
    del values["overlap"]
    with pytest.raises(InputError, match="missing \\['overlap'\\]"):
        Parameters.read(values)
