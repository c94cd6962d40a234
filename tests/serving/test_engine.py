"""The engine's journal as tables: ratios within boots, intervals over them, faults as rows."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.engine import ENGINE_BOOTS, ENGINE_RATIOS
from scripts.lib.tables import read_table
from scripts.serving.engine import TABLES, main, ratios, tables
from scripts.serving.journal import read_engine
from tests.runtime.test_engine import planned, run  # noqa: F401 - a study on an engine of known times
from tests.serving.journals import journal


@pytest.fixture(scope="module")
def made(planned, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("run")
    run(planned, folder, {"mix-1": {"logits": "wrong"}, "glm-1": {"boot": "out of memory"}},
        about={"plan": planned[0], "kernel_hash": "0123456789abcdef"})  # fmt: skip
    return folder / "run.jsonl"


def outs(folder) -> list[str]:
    names = [table.name for table in TABLES]
    flags = [(f"--out-{n.removeprefix('engine_')}", str(folder / f"{n}.parquet")) for n in names]
    return [part for flag in flags for part in flag]


def test_a_study_becomes_tables_with_the_engine_s_own_times(made, tmp_path):
    assert main(["--journals", str(made), *outs(tmp_path)]) == 0
    found = read_table(tmp_path / "engine_ratios.parquet", ENGINE_RATIOS)
    mix = found[(found["model"] == "mix") & (found["batch"] == 4)].set_index(["config", "base"])
    # Tiles of 32 (ours), 64 (default) and 256 (committed, no file) columns; see engine_world.
    assert mix.loc[("ours", "committed"), "gpu_ratio"] == pytest.approx(132 / 356)
    assert mix.loc[("default", "committed"), "gpu_ratio"] == pytest.approx(164 / 356)
    assert mix.loc[("ours", "default"), "gpu_ratio"] == pytest.approx(132 / 164)
    assert (mix["boots"] == 2).all()
    assert mix["base_moe_us"].loc[("ours", "committed")] == pytest.approx(256.15, abs=0.1)
    # The same in both boots but for a tenth of a percent, which both configs share.
    assert mix["gpu_high"].to_numpy() == pytest.approx(mix["gpu_ratio"].to_numpy(), rel=2e-3)
    assert mix["spread"].to_numpy() == pytest.approx(0.001, rel=0.01)
    glm = found[found["model"] == "glm"]
    assert set(zip(glm["config"], glm["base"], strict=True)) == {("ours", "default")}
    assert (glm["boots"] == 1).all()
    assert glm["low"].isna().all()
    boots = read_table(tmp_path / "engine_boots.parquet", ENGINE_BOOTS).set_index("boot")
    assert boots.loc["glm-1", "outcome"] == "out_of_memory"
    assert "out of memory" in boots.loc["glm-1", "reason"]


def test_without_a_journal_the_tables_are_empty(tmp_path):
    assert main(["--journals", *outs(tmp_path)]) == 0
    assert read_table(tmp_path / "engine_ratios.parquet", ENGINE_RATIOS).empty


def test_an_edited_journal_is_no_input(made, tmp_path, capsys):
    path = tmp_path / "run.jsonl"
    path.write_bytes(made.read_bytes().replace(b'"outcome":"ok"', b'"outcome":"oh"', 1))
    assert main(["--journals", str(path), *outs(tmp_path)]) == 2
    assert not list(tmp_path.glob("*.parquet"))
    assert "was edited" in capsys.readouterr().err


def test_steps_are_shown_faster_after_holm_over_all_that_are_counted():
    """Two of three are faster by themselves; of that many the second may be so by chance."""
    ours = {1: (90.0, 90.1, 89.9), 2: (98.0, 98.9, 98.6), 4: (100.1, 99.9, 100.0)}
    rows = [
        (batch, boot, config, us)
        for batch, times in ours.items()
        for boot, mine in enumerate(times)
        for config, us in (("ours", mine), ("committed", 100.0))
    ]
    frame = pd.DataFrame(rows, columns=["batch", "boot", "config", "gpu_us"]).assign(
        recording="r", routing="uniform", device="G", model="m", shape="s", scheme="bf16",
        layers=2, moe_layers=2, outcome="ok", moe_us=1.0,
    )  # fmt: skip
    frame["wall_us"] = frame["gpu_us"]
    found = ratios(pd.concat([frame.assign(routing="drawn"), frame])).set_index("routing")
    assert found.loc["uniform", "gpu_word"].isna().all()
    told = found.loc["drawn"].set_index("batch")
    p = told["gpu_p"].to_numpy()
    assert told["gpu_p_adjusted"].to_numpy() == pytest.approx(p * [3, 2, 1])
    assert (told["gpu_high"] < 1).tolist() == [True, True, False]
    assert told["gpu_word"].tolist() == ["faster", "open", "open"]


def test_passes_of_a_boot_count_once():
    """A boot that was timed more often has no more weight than another."""
    rows = [("a", "ours", 90.0)] * 5 + [("a", "committed", 100.0)] * 5
    rows += [("b", "ours", 99.0), ("b", "committed", 100.0)]
    frame = pd.DataFrame(rows, columns=["boot", "config", "gpu_us"]).assign(
        recording="r", routing="uniform",
        device="G", model="m", shape="s", scheme="bf16", layers=2, moe_layers=2, batch=1,
        outcome="ok",
    )  # fmt: skip
    frame["wall_us"] = frame["gpu_us"] * 2
    frame["moe_us"] = 1.0
    found = ratios(frame).iloc[0]
    assert found["gpu_ratio"] == pytest.approx(math.sqrt(0.9 * 0.99))
    assert found["boots"] == 2


def test_outputs_say_what_was_read_and_launched(tmp_path):
    engine = read_engine(journal(tmp_path / "j.jsonl"))
    every = tables([engine])["engine_outputs"][0]
    assert every.groupby("planted")["fault"].unique().map(list).to_dict() == {
        False: [""], True: ["half-of-k"],
    }  # fmt: skip
    frame = every[~every["planted"]].set_index("config")
    assert frame.loc["ours", "file"] == "E=8,N=7168,device_name=NVIDIA_H200.json"
    assert json.loads(frame.loc["ours", "launched"]) == {"4": "M16-N32-K64-G1-W4-S3"}
    assert frame.loc["committed", "file"] == ""
    served = tables([engine])["engine_served"][0].iloc[0]
    assert served["median_ttft_ms"] == pytest.approx(20.0)
    assert served["p99_tpot_ms"] == pytest.approx(np.percentile([1.0, 3.0], 99))
    assert served["output_throughput"] == pytest.approx(30 / 0.5)


def test_runs_under_two_runtimes_are_kept_apart(tmp_path):
    path = journal(tmp_path / "j.jsonl", hashes=("0123", "4567"))
    with pytest.raises(InputError, match="runs of 2 runtimes; keep them apart"):
        read_engine(path)


def test_a_step_of_fewer_requests_has_no_time(tmp_path):
    path = journal(tmp_path / "j.jsonl", steady=False)
    steps = tables([read_engine(path)])["engine_steps"][0]
    assert set(steps["outcome"]) == {"failed"}
    assert steps["gpu_us"].isna().all()
    assert tables([read_engine(path)])["engine_ratios"][0].empty


def test_the_call_mix_is_kept(tmp_path):
    row = tables([read_engine(journal(tmp_path / "j.jsonl"))])["engine_steps"][0].iloc[0]
    assert json.loads(row["mix"]) == {"4": 2, "32": 1}
    assert json.loads(row["calls"]) == {"32": 2}


def test_greedy_tokens_that_differ_are_wrong(tmp_path):
    path = journal(tmp_path / "j.jsonl", outputs={"tokens_equal": 7, "tokens_compared": 9})
    every = tables([read_engine(path)])["engine_outputs"][0]
    frame = every[~every["planted"]].set_index("config")
    assert frame.loc["ours", "outcome"] == "wrong_output"
    assert frame.loc["ours", "reason"] == "2 prompts continue otherwise"
    assert frame.loc["committed", "outcome"] == "ok"
