"""The equations keep to physics: no faster than the hardware, reuse never adds traffic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.sim.facts import read_facts
from scripts.sim.model.gemm import gemms
from scripts.sim.model.parameters import OPEN, Parameters
from scripts.sim.model.timing import time_gemm
from scripts.sim.model.waves import empty
from scripts.sim.questions import ask
from scripts.sim.simulator import analytical_us, time_layer

P = Parameters.started()
SHAPE = "E8-N3584-K4096-top2-bf16"


def asked(*configs: str, tokens: int = 64, device: str = "NVIDIA_H200") -> pd.DataFrame:
    cells = pd.Series([f"{device}/{SHAPE}/M{tokens}"] * len(configs))
    return ask(cells, pd.Series(configs), read_facts([]))


def config_ids() -> st.SearchStrategy[str]:
    sizes = (
        st.sampled_from([16, 32, 64, 128, 256]), st.sampled_from([32, 64, 128, 256]),
        st.sampled_from([64, 128, 256]), st.sampled_from([1, 16, 64]), st.sampled_from([4, 8]),
        st.integers(2, 5),
    )  # fmt: skip
    return st.tuples(*sizes).map(lambda s: "M{}-N{}-K{}-G{}-W{}-S{}".format(*s))


@settings(max_examples=60)
@given(config_ids(), st.sampled_from([1, 7, 64, 512, 4096]))
def test_no_faster_than_memory_and_tensor_cores(config: str, tokens: int) -> None:
    rows = asked(config, tokens=tokens)
    for gemm, timing in time_layer(rows, P):
        assert timing.seconds[0] > timing.traffic.memory[0] / gemm.bandwidth_bytes_s[0]
        rate = gemm.tensor_flops[0] * gemm.clock_hz[0] * gemm.processors[0]
        assert timing.seconds[0] > gemm.useful_flops[0] / rate
        once = gemm.touched[0] * gemm.n[0] * gemm.k[0] * gemm.b_bytes[0]
        assert timing.traffic.weights[0] >= once * (1 - 1e-9)


@settings(max_examples=40)
@given(config_ids())
def test_more_tokens_take_longer(config: str) -> None:
    times = [analytical_us(time_layer(asked(config, tokens=m), P))[0] for m in (16, 1024, 4096)]
    assert times == sorted(times)


def test_grouping_rows_reads_weights_less_often() -> None:
    rows = asked("M64-N128-K64-G1-W8-S3", "M64-N128-K64-G64-W8-S3", tokens=4096)
    up, _ = gemms(rows)
    alone, grouped = time_gemm(up, P).traffic.weights
    assert grouped < alone


def test_a_stage_more_hides_latency() -> None:
    rows = asked("M16-N64-K64-G1-W4-S2", "M16-N64-K64-G1-W4-S4", tokens=1)
    two, four = analytical_us(time_layer(rows, P))
    assert four < two


def test_spilled_registers_cost() -> None:
    rows = asked("M128-N128-K64-G1-W8-S3", tokens=1024)
    kept, spilled = rows.assign(spills=0.0), rows.assign(spills=200.0)
    assert analytical_us(time_layer(spilled, P))[0] > analytical_us(time_layer(kept, P))[0]


@pytest.mark.parametrize("scheme", ["fp8_w8a8", "int4_w4a16", "mxfp4_w4a16"])
def test_small_batches_gain_from_small_weights(scheme: str) -> None:
    config = pd.Series(["M16-N64-K128-G1-W4-S3"])
    cells = [f"NVIDIA_H200/E8-N3584-K4096-top2-{name}/M16" for name in ("bf16", scheme)]
    wide, narrow = (
        analytical_us(time_layer(ask(pd.Series([cell]), config, read_facts([])), P))[0]
        for cell in cells
    )
    assert 0.2 * wide < narrow < 0.8 * wide


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.4])
def test_empty_share_of_the_last_wave_is_that_of_drawn_waves(spread: float) -> None:
    waves = np.linspace(1.05, 3.95, 30)
    drawn = waves[:, None] + np.hypot(spread, 0.05) * np.random.default_rng(1).normal(
        size=(30, 4000)
    )
    expected = (np.ceil(drawn) - drawn).mean(axis=1)
    assert np.abs(empty(waves, np.full(30, spread)) - expected).max() < 0.05


def test_parameters_stay_within_their_ranges() -> None:
    for name, number in OPEN.items():
        assert number.low <= number.start <= number.high, name
    faster = replace(P, dram_share=OPEN["dram_share"].high)
    rows = asked("M16-N64-K128-G1-W4-S3")
    assert analytical_us(time_layer(rows, faster))[0] < analytical_us(time_layer(rows, P))[0]
