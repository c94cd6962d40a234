"""Rows of a tuned file chosen by the operator: planted finals, and the recorded operator itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.ledger.checks.command import why_not_replayable
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError
from scripts.lib.judging.exported import exported
from scripts.lib.judging.medians import median_intervals
from scripts.lib.recordings import recordings
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.shape import BATCH_LADDER, Cell, Shape
from scripts.runtime import judge
from scripts.runtime.installed import Installed
from scripts.runtime.judge import finals_of, judged, plan_of, read_tuned, row_of, standing, write

SHAPE = Shape(8, 3584, 4096, 2, "fp8_w8a8")
TUNED, TIED, COMMITTED = (f"M16-N{n}-K256-G1-W4-S3" for n in (32, 64, 128))
BY = Installed("0.24.0", Path("/nowhere"), "0123456789abcdef")


def batch(tokens: int = 16, **gained: str) -> dict:
    cell = Cell("NVIDIA_H200", SHAPE, tokens)
    known = {"committed": COMMITTED} | gained
    return {
        "tokens": tokens, "cell_id": cell.id, "config_id": TUNED, "ties": {TUNED: {}, TIED: {}},
        "gained": {name: {"config_id": config} for name, config in known.items() if config},
    }  # fmt: skip


def default(tokens: int = 16) -> str:
    return default_config(SHAPE, tokens).id


def finals(us: dict[str, float], tokens: int = 16) -> dict:
    """Finals of these medians, 24 rounds, with a noise of a tenth of a per cent."""
    noise = np.random.default_rng(1).normal(1.0, 1e-3, (24, len(us)))
    return {"kind": "finals", "run_id": "r", "cell_id": batch(tokens)["cell_id"],
            "slots": list(us), "us": (np.array([*us.values()]) * noise).tolist()}  # fmt: skip


def test_what_stands_is_committed_and_what_vllm_launches_without_a_file() -> None:
    assert standing(batch()) == {"committed": COMMITTED, "default": default()}
    assert standing(batch(committed="")) == {"default": default()}


def test_the_plan_has_what_stands_the_choice_and_its_ties_each_once() -> None:
    rows = plan_of({"batches": [batch(16), batch(64)]}, most=2)
    assert rows["cell_id"].unique().tolist() == [batch(16)["cell_id"], batch(64)["cell_id"]]
    first = rows.iloc[:4]
    assert dict(zip(first["config_id"], first["proposed_by"], strict=True)) == {
        COMMITTED: "committed",
        default(): "default",
        TUNED: "chosen",
        TIED: "chosen",
    }
    assert len(plan_of({"batches": [batch()]}, most=1)) == 3


@pytest.mark.parametrize(
    ("us", "config", "kept", "over"),
    [
        ({COMMITTED: 10, default(): 11, TUNED: 9, TIED: 9.5}, TUNED, None, 0.9),
        ({COMMITTED: 10, default(): 11, TUNED: 10.4, TIED: 9.5}, TIED, None, 0.95),
        ({COMMITTED: 10, default(): 11, TUNED: 10.4, TIED: 10.2}, COMMITTED, "committed", 1.0),
        # The committed row is no protection: the default is faster than it, and than the choice.
        ({COMMITTED: 14, default(): 10, TUNED: 13}, default(), "default", 1.0),
    ],
)
def test_a_row_is_never_what_is_not_shown_faster_than_what_stands(us, config, kept, over) -> None:
    row = row_of(batch(), finals(us))
    assert (row["config_id"], row["kept"]) == (config, kept)
    assert row["over_standing"] == pytest.approx(over, abs=1e-3)
    stands = min(us[COMMITTED], us[default()])
    assert row["tuned_over_standing"] == pytest.approx(us[TUNED] / stands, abs=1e-3)


def test_what_one_look_alone_shows_to_be_faster_replaces_nothing() -> None:
    """Fifteen rounds of twenty: enough at 95% for one look, not for all at which they may end."""
    for faster, config in ((15, COMMITTED), (18, TUNED)):
        ratios = np.array([0.98] * faster + [1.01] * (20 - faster))
        us = np.stack([np.full(20, 10.0), np.full(20, 11.0), 10.0 * ratios], axis=1)
        held = finals({COMMITTED: 10, default(): 11, TUNED: 9}) | {"us": us.tolist()}
        assert median_intervals(us[:, 2:] / us[:, :1])[0, 2] < 1
        assert row_of(batch(), held)["config_id"] == config


def test_where_nothing_could_be_measured_what_stands_is_kept() -> None:
    assert row_of(batch(), None)["config_id"] == COMMITTED
    assert row_of(batch(committed=""), None)["kept"] == "default"
    alone = row_of(batch(), finals({TUNED: 9.0}))  # neither that stands could be launched
    assert alone["config_id"] == COMMITTED


def test_unknown_ends_show_nothing() -> None:
    assert exported("a", {"b": (0.5, float("nan"))}) == "a"
    assert exported("a", {"b": (0.9, 0.95), "c": (0.8, 1.01), "d": (0.85, 0.9)}) == "d"


def test_only_finals_under_the_same_operator_count() -> None:
    runs = [{"kind": "run", "run_id": name, "kernel_hash": source}
            for name, source in (("old", "another"), ("r", BY.source_hash))]  # fmt: skip
    old = finals({TUNED: 1.0}) | {"run_id": "old"}
    assert finals_of([*runs, old], BY.source_hash) == {}
    new = finals({TUNED: 2.0})
    assert finals_of([*runs, old, new, old], BY.source_hash) == {new["cell_id"]: new}


def test_the_file_is_vllms_with_the_whole_ladder(tmp_path) -> None:
    record = {"shape": SHAPE.id, "device": "NVIDIA_H200", "triton": "3.6.0",
              "batches": [batch(tokens) for tokens in BATCH_LADDER]}  # fmt: skip
    held = {batch(m)["cell_id"]: finals({COMMITTED: 10, default(m): 11, TUNED: 9}, m)
            for m in BATCH_LADDER}  # fmt: skip
    body = write(tmp_path, record, judged(record, held), BY)
    (path,) = (tmp_path / "vllm").rglob("*.json")
    assert body["files"] == {"vllm": path.as_posix()}
    entries = json.loads(path.read_text())
    assert [int(m) for m in entries if m.isdigit()] == list(BATCH_LADDER)
    assert all(entries[str(m)]["BLOCK_SIZE_N"] == 32 for m in BATCH_LADDER)
    assert (body["vllm"], body["kernel_hash"]) == ("0.24.0", BY.source_hash)
    assert len(judge.lines_of(body)) == 1 + len(BATCH_LADDER)


@pytest.mark.parametrize("one", recordings("runtime"), ids=lambda one: one.name)
def test_on_the_recorded_operator_no_row_is_worse_than_what_stands(one) -> None:
    """Each recorded cell as if tuning had chosen its last finalist."""
    held = finals_of(read_chain(Path(one.ledger_paths[0])), one.kernels[-1])
    assert held
    for cell_id, body in held.items():
        mine = batch() | {"cell_id": cell_id, "config_id": body["slots"][-1],
                          "gained": {"committed": {"config_id": body["slots"][0]}}}  # fmt: skip
        row = row_of(mine, body)
        us = np.asarray(body["us"])
        first = {config: body["slots"].index(config) for config in body["slots"]}
        here = [c for c in standing(mine).values() if c in first]
        for config in here:
            ratio = np.median(us[:, first[row["config_id"]]] / us[:, first[config]])
            assert ratio <= 1.001, (cell_id, config)


NAMED = {"shape": "E8-N3584-K4096-top2-bf16", "device": "NVIDIA_H200", "triton": "3.6.0"}


def test_bad_input_and_no_vllm_are_one_line_and_nothing_is_written(tmp_path, capsys) -> None:
    assert judge.main(["--tuned", str(tmp_path)]) == 2
    assert "holds no tuned.json; `graphx tune` writes one" in capsys.readouterr().err
    (tmp_path / "tuned.json").write_text(json.dumps({**NAMED, "batches": [batch()]}))
    assert judge.main(["--tuned", str(tmp_path)]) == 2
    assert "vLLM is not installed" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["tuned.json"]


def test_its_command_can_be_given_again() -> None:
    assert why_not_replayable("python -m scripts.runtime.judge --tuned build/x --most 2") is None


def test_a_batch_size_without_its_fields_is_named(tmp_path) -> None:
    path = tmp_path / "tuned.json"
    path.write_text(json.dumps({**NAMED, "batches": [{"cell_id": "", "tokens": 1}]}))
    with pytest.raises(InputError, match=r"tuned.json: batches: lacks config_id, gained, ties"):
        read_tuned(path)
    path.write_text("[]")
    with pytest.raises(InputError, match="holds no JSON object"):
        read_tuned(path)
