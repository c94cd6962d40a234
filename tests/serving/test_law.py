"""The law by hand: layers times the operator's difference over a step, nulls included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.lib.shape import Cell, parse_shape
from scripts.serving.engine import tables
from scripts.serving.journal import read_engine
from scripts.serving.law import Drawn, Operator, launched_in, law
from tests.serving.journals import COMMITTED_ID, OURS_ID, PLAN, SHAPE, journal

CELL = Cell("NVIDIA_H200", parse_shape(SHAPE), 4)


def operator(ours: float = 190.0, committed: float = 200.0, tokens: int = 4) -> Operator:
    """Recorded at one cell, us; the rounds that choose say something else altogether."""
    cell = f"NVIDIA_H200/{SHAPE}/M{tokens}"
    rows = []
    for number in range(24):
        chooses = number // 2 % 2 == 0
        for slot, (name, us) in enumerate([(COMMITTED_ID, committed), (OURS_ID, ours)]):
            rows.append((cell, name, "r", slot, number, us * (3 - slot if chooses else 1) + number))
    finals = pd.DataFrame(rows, columns=["cell_id", "config_id", "run_id", "slot", "round", "us"])
    return Operator([finals])


def judged(tmp_path, op: Operator, **gpu_us: float) -> pd.DataFrame:
    engine = read_engine(journal(tmp_path / "j.jsonl", gpu_us=gpu_us or None))
    return law(tables([engine])["engine_ratios"][0], launched_in([engine]), {"uniform": op})


def test_two_layers_ten_us_faster_on_a_step_of_a_millisecond(tmp_path):
    found = judged(tmp_path, operator())
    (row,) = found.to_dict("records")
    assert (row["config"], row["base"], row["same"]) == ("ours", "committed", False)
    assert row["predicted"] == pytest.approx(1 - 2 * 10 / 1000)
    assert row["predicted_low"] == pytest.approx(0.98)
    assert row["measured"] == pytest.approx(0.98)
    assert row["apart"] == pytest.approx(0.0, abs=1e-12)
    assert row["within"]


def test_an_engine_that_gains_more_than_the_operator_is_apart(tmp_path):
    row = judged(tmp_path, operator(), committed=1000.0, ours=960.0).iloc[0]
    assert row["apart"] == pytest.approx(0.02)
    assert not row["within"]


def test_one_config_under_two_names_predicts_nothing(tmp_path):
    engine = read_engine(
        journal(tmp_path / "j.jsonl", gpu_us={"committed": 1000.0, "ours": 1004.0})
    )
    launched = dict.fromkeys(launched_in([engine]), OURS_ID)
    row = law(tables([engine])["engine_ratios"][0], launched, {"uniform": operator()}).iloc[0]
    assert row["same"]
    assert (row["predicted"], row["predicted_low"]) == (1.0, 1.0)
    assert row["apart"] == pytest.approx(-0.004)


def test_what_the_operator_was_not_recorded_at_is_not_predicted(tmp_path):
    assert judged(tmp_path, operator(tokens=8)).empty


def test_the_interval_holds_the_rounds_that_chose_nothing():
    median, low, high = operator().difference(CELL, OURS_ID, COMMITTED_ID)
    assert (median, low, high) == pytest.approx((-10.0, -10.0, -10.0))
    assert np.isnan(operator().difference(CELL, OURS_ID, OURS_ID)).sum() == 0


def test_further_apart_but_within_both_intervals_is_open():
    ratios = pd.DataFrame([{
        "device": "NVIDIA_H200", "model": "mix", "shape": SHAPE, "moe_layers": 2, "batch": 4,
        "config": "ours", "base": "committed", "gpu_ratio": 0.95, "gpu_low": 0.90,
        "gpu_high": 1.0, "base_gpu_us": 1000.0, "ratio": 1.0, "routing": "uniform",
    }])  # fmt: skip
    launched = {("mix", "ours", 4): OURS_ID, ("mix", "committed", 4): COMMITTED_ID}
    row = law(ratios, launched, {"uniform": operator()}).iloc[0]
    assert (row["within"], row["open"]) == (False, True)
    row = law(ratios.assign(gpu_high=0.96), launched, {"uniform": operator()}).iloc[0]
    assert (row["within"], row["open"]) == (False, False)
    assert law(ratios, {}, {"uniform": operator()}).empty


def drawn(tmp_path, us: list[list[float]], outcome: Outcome = Outcome.OK) -> Drawn:
    """The operator's journal beside an engine's, on the engine's draws."""
    found = Journal(tmp_path / "op.jsonl")
    found.begin(plan=PLAN, kernel_hash="0123456789abcdef")
    result = {"configs": [COMMITTED_ID, OURS_ID], "us": us}
    found.record("op/mix/b4", Answer(outcome, "", result), task="op", model="mix", batch=4)
    found.close()
    return Drawn([read_engine(tmp_path / "op.jsonl")])


def test_drawn_steps_are_predicted_by_the_operator_on_the_same_draws(tmp_path):
    op = drawn(tmp_path, [[200.0 + n, 192.0 + n] for n in range(20)])
    assert op.difference(CELL, OURS_ID, COMMITTED_ID) == pytest.approx((-8.0, -8.0, -8.0))
    assert op.difference(CELL, OURS_ID, OURS_ID) == (0.0, 0.0, 0.0)
    assert op.difference(CELL, "M16-N16-K64-G1-W4-S3", OURS_ID) is None
    engine = read_engine(journal(tmp_path / "j.jsonl"))
    ratios = tables([engine])["engine_ratios"][0]
    both = pd.concat([ratios, ratios.assign(routing="drawn")])
    found = law(both, launched_in([engine]), {"uniform": operator(), "drawn": op})
    by_routing = found.set_index("routing")["predicted"]
    assert by_routing["drawn"] == pytest.approx(1 - 2 * 8 / 1000)
    assert by_routing["uniform"] == pytest.approx(1 - 2 * 10 / 1000)


def test_an_operator_that_failed_predicts_nothing(tmp_path):
    op = drawn(tmp_path, [[1.0, 2.0]] * 10, Outcome.FAILED)
    assert op.difference(CELL, OURS_ID, COMMITTED_ID) is None


def test_the_first_recording_that_holds_a_pair_speaks():
    (first,) = operator(ours=150.0)._finals[0].values()
    (second,) = operator(ours=190.0)._finals[0].values()
    without = first[first["config_id"] != OURS_ID]
    assert Operator([first, second]).difference(CELL, OURS_ID, COMMITTED_ID)[0] == -50.0
    assert Operator([without, second]).difference(CELL, OURS_ID, COMMITTED_ID)[0] == -10.0
    # Rounds of one recording never meet those of another.
    other = second[second["config_id"] == OURS_ID].assign(run_id="another")
    mixed = pd.concat([without, other])
    assert Operator([mixed]).difference(CELL, OURS_ID, COMMITTED_ID) is None
