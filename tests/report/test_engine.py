"""The engine and what is served, on the pages: ratios, outputs, faults, the replay and the law."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections import engine, serving

ABOUT = Headline((), "")


@pytest.fixture(scope="module")
def page(made: dict[str, Any]) -> str:
    return results_md.page(made)


def test_a_row_of_the_engine_is_that_of_the_table(made, inputs, page):
    table = pd.read_parquet(inputs["engine_ratios"])
    rows = made["runtime"]["NVIDIA_H200"]["engine"]
    assert len(rows) == len(table) == 1
    assert rows[0]["gpu_ratio"]["mean"] == pytest.approx(table["gpu_ratio"].iloc[0], rel=1e-5)
    assert rows[0]["outputs_equal"] is True
    assert "| `mix` | 2, 2 | 4 | uniform | ours | committed | 2 | 0.9800" in page


def test_what_is_shown_of_many_steps_stands_before_what_each_says_by_itself(page):
    steps = pd.DataFrame({
        "gpu_ratio": [0.9, 0.98, 1.02], "gpu_low": [0.89, 0.97, 1.01],
        "gpu_high": [0.91, 0.99, 1.03], "gpu_word": ["faster", "open", "open"],
    })  # fmt: skip
    found = engine.over(steps)
    assert found["shown"] == {"faster": 1, "slower": 0}
    assert (found["faster"], found["slower"]) == (2, 1)
    part = {"engine_runs": {"models": 1, "by_config": {}, "over": {"committed": found}}}
    (said,) = engine.found({"runtime": {"NVIDIA_H200": part}})
    assert "of 3 model and batch sizes 1 shown faster, 0 slower, after Holm" in said.text
    assert "| shown faster | shown slower | faster by itself | slower by itself |" in page


def test_the_operator_stands_beside_the_engine(made):
    assert {"op", "engine", "engine_runs"} <= set(made["runtime"]["NVIDIA_H200"])


def test_outputs_files_and_faults_are_told(page):
    assert "| `mix` | ours | no | no | ok |" in page
    assert "`E=8,N=7168,device_name=NVIDIA_H200.json`" in page
    assert "| `no-memory` | yes | out_of_memory | `CUDA out of memory." in page


def test_a_planted_gemm_is_found_and_the_gate_says_no(made, page):
    runs = made["runtime"]["NVIDIA_H200"]["engine_runs"]
    assert runs["planted"] == {"n": 1, "found": 1, "gate": {"n": 1, "refused": 1}}
    assert (
        "| `mix` | ours | no | half-of-k | wrong_output: `logits_diff 0.2 is over 0.01` |" in page
    )
    assert "refused by its end-to-end gate in 1 of 1" in page


def test_the_gate_lets_what_is_equal_pass_and_names_what_is_not(inputs):
    table = pd.read_parquet(inputs["engine_outputs"]).set_index(["config", "planted"])
    fine, wrong = (table.loc[("ours", planted)].to_dict() for planted in (False, True))
    assert engine.refusals({**fine, "config": "ours"}) == []
    (why,) = engine.refusals({**wrong, "config": "ours"})
    assert "wrong_output: logits_diff 0.2 is over 0.01" in why


def test_a_server_s_runs_and_ratios_are_those_of_the_tables(made, inputs, page):
    http = made["runtime"]["NVIDIA_H200"]["http"]
    table = pd.read_parquet(inputs["engine_bench"])
    assert (http["runs"], http["ok"], http["requests"]) == (len(table), 4, 8)
    (row,) = [r for r in http["ratios"] if r["field"] == "median_tpot_ms"]
    assert row["ratio"]["mean"] == pytest.approx(4.5 / 5.1, rel=1e-5)
    assert "| `http-mix-0` | 1 | ours | `E=8,N=7168,device_name=NVIDIA_H200.json` | ok |" in page


def test_a_reason_fits_a_cell():
    assert engine.brief("a|b`c\nd" + "x" * 500).startswith("a/b'c dx")
    assert len(engine.brief("x" * 500)) < 120
    assert engine.brief("read: /a/b_c/E=8,N=7.json") == "read: …/E=8,N=7.json"


def test_outputs_that_differ_are_not_equal():
    rows = pd.DataFrame(
        {"model": ["a", "a", "b"], "planted": False, "outcome": ["ok", "wrong_output", "ok"]}
    )
    assert engine.equal_models(rows) == {"a": False, "b": True}


def outputs(*rows: tuple[str, str, str, bool, str]) -> pd.DataFrame:
    names = ["model", "boot", "config", "again", "outcome"]
    return pd.DataFrame(rows, columns=names).assign(recording="r", planted=False)


def test_what_is_held_against_itself_is_no_comparison():
    """The first config's outputs are the reference: alone, or once more, they show nothing."""
    mine = ("a", "a-0")
    found = engine.counted(outputs(
        (*mine, "committed", False, "ok"), (*mine, "default", False, "ok"),
        (*mine, "ours", False, "wrong_output"), (*mine, "committed", True, "ok"),
    ))  # fmt: skip
    assert (found["comparisons"], found["same_outputs"]) == (2, 1)
    assert found["again"] == {"n": 1, "same": 1}


def test_a_model_keeps_its_outputs_if_all_its_boots_do_and_its_first_may_be_the_default():
    found = engine.counted(outputs(
        *(("a", boot, config, False, outcome) for boot, outcome in (("0", "ok"), ("1", "failed"))
          for config, outcome in (("committed", "ok"), ("ours", outcome))),
        ("b", "0", "default", False, "ok"), ("b", "0", "ours", False, "ok"),
    ))["by_config"]  # fmt: skip
    assert found == {"ours": {"boots": 3, "boots_same": 2, "models": 2, "models_same": 1}}


def test_the_law_says_on_how_many_cells_it_was_needed():
    rows = pd.DataFrame({"measured": [1.001, 1.05, 0.95], "within": [True, True, False],
                         "open": False, "same": False, "apart": 0.0})  # fmt: skip
    kept = ("model", "batch", "routing", "config", "base", "wall", "predicted", "predicted_low",
            "predicted_high", "low", "high")  # fmt: skip
    found = serving.lawful(rows.assign(**dict.fromkeys(kept, 1)))
    assert found["moved"] == {"cells": 2, "within_1pp": 1}


def test_replay_and_law_are_those_of_the_tables(made, inputs, page):
    found = made["serving"]
    replay = pd.read_parquet(inputs["replay"])
    whole = replay[(replay["concurrency"] == 0) & (replay["before"] == "committed")]
    over = found["replay"]["over"]["committed"]
    assert over["ratio"] == pytest.approx(
        whole["before_us"].sum() / whole["after_us"].sum(), rel=1e-5
    )
    assert over["tokens_s"]["after"] / over["tokens_s"]["before"] == pytest.approx(
        over["ratio"], rel=1e-5
    )
    assert (found["law"]["cells"], found["law"]["within_1pp"]) == (1, 1)
    assert found["law"]["by_routing"]["uniform"]["within_1pp"] == 1
    assert "| uniform | 1 | 1 | 0 | 0 | 0 of 0 | 1 of 1 |" in page


def test_readings_quote_the_figures(made):
    (said,) = engine.readings(made, ABOUT)
    assert "over committed 0.980 in the median of 1" in said
    assert "under another config the same in 1 of 1 comparisons" in said
    replayed, law = serving.readings({"first_gpu": "NVIDIA_H200", **made}, ABOUT)
    assert "200 steps of a server" in replayed
    assert "within a percentage point on 100.0% of 1 cells" in law


def test_without_an_engine_there_is_nothing_to_say():
    assert list(engine.readings({"runtime": {"G": {"op": {}}}}, ABOUT)) == []
    assert list(serving.readings({}, ABOUT)) == []
