"""Without a GPU: what would be tried first, and how sure that is."""

from __future__ import annotations

import json

import pytest
import torch

from scripts.lib.shape import BATCH_LADDER
from scripts.tune.run import main
from tests.tune.conftest import DEVICE, LAYER


def arguments(world, out, *more: str) -> list[str]:
    where = world.where
    return [
        "--device", DEVICE, "--out", str(out), "--build", str(out), "--history", str(where.history),
        "--spaces", str(where.spaces), "--sim", str(where.model), "--held-out", str(where.held_out),
        "--recorded", *map(str, where.recorded), "--trained-on", *map(str, where.trained_on), *more,
    ]  # fmt: skip


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_machine_without_a_gpu_plans_and_says_so(world, tmp_path, capsys):
    assert main(arguments(world, tmp_path, "--shape", LAYER, "--top", "3")) == 0
    said = capsys.readouterr().out
    assert "nothing was measured" in said
    assert "graphx-sim v1: not validated (model v1 has no measured error for bf16" in said
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["measured"] is False
    assert (plan["confidence"]["level"], plan["confidence"]["error"]) == ("not validated", None)
    assert [batch["tokens"] for batch in plan["batches"]] == list(BATCH_LADDER)
    for batch in plan["batches"]:
        ids = [one["config_id"] for one in batch["candidates"]]
        assert len(set(ids)) == 3 and all(one["predicted_us"] > 0 for one in batch["candidates"])
        assert all(config_id in said for config_id in ids)
    foreign = [one for one in plan["carried"] if one["source"] == "AMD_Instinct_MI300X"]
    assert len(foreign) == len(BATCH_LADDER)
    assert all("without waves_per_eu" in one["changed"] for one in foreign)


def test_a_layer_that_no_file_covers_is_planned_too(world, tmp_path, capsys):
    shape = "E24-N1440-K2880-top4-bf16"
    assert main(arguments(world, tmp_path, "--plan", "--shape", shape)) == 0
    assert "sources: none, the recorded layers alone" in capsys.readouterr().out
    assert json.loads((tmp_path / "plan.json").read_text())["sources"] == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--shape", LAYER, "--budget", "0"], "at least one trial"),
        (["--shape", LAYER, "--budget", "99999"], "legal configs in bf16"),
        (["--shape", LAYER, "--margin", "0"], "between 0 and 1"),
        (["--shape", LAYER, "--top", "0"], "--top 0: choose 1 or more"),
        (["--shape", LAYER, "--seconds", "-5"], "--seconds -5.0: a time is not negative"),
        (["--shape", LAYER, "--sources", "NVIDIA_A10O"], "unknown device 'NVIDIA_A10O'; nearest: "),
        (["--shape", LAYER, "--sources", "H20"], "unknown source"),
        (["--shape", LAYER, "--sim", "none.json"], "none.json: not found"),
        (["--model", "Mixtral-8x7c"], "nearest: Mixtral-8x7B"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(more, words, world, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*arguments(world, out, "--plan"), *more]) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("error: ") and words in said
    assert not (out / "plan.json").exists()


def test_the_same_question_has_the_same_answer(world, tmp_path):
    for folder in ("a", "b"):
        assert main(arguments(world, tmp_path / folder, "--plan", "--shape", LAYER)) == 0
    first, second = ((tmp_path / folder / "plan.json").read_bytes() for folder in ("a", "b"))
    assert first == second


def test_what_is_missing_is_said_before_a_space_is_compiled(world, tmp_path, capsys, monkeypatch):
    """As in a clone in which nothing was built: compiling would take minutes first."""
    monkeypatch.setattr("scripts.tune.plan.open_space", lambda *_: pytest.fail("compiled first"))
    gone = tmp_path / "gone.json"
    typed = arguments(world, tmp_path, "--shape", LAYER, "--plan")
    typed[typed.index("--sim") + 1] = str(gone)
    assert main(typed) == 2
    assert f"{gone}: not found; `make` builds or restores it" in capsys.readouterr().err
