"""Every command of graphx-sim can be read by a program."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.sim import QUESTIONS
from scripts.lib.tables import write_table
from scripts.sim.cli import COMMANDS, main
from tests.tune.conftest import DEVICE, LAYER, world  # noqa: F401 - a fixture

CELL = f"{DEVICE}/{LAYER}/M64"
CONFIGS = ["M16-N64-K128-G1-W4-S3", "M64-N128-K64-G16-W4-S4"]


@pytest.fixture
def said(capsys):
    """What a command says, read as JSON."""

    def run(*given: object) -> dict:
        assert main([*map(str, given), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_each_offers_it(name: str, capsys) -> None:
    with pytest.raises(SystemExit):
        import_module(f"scripts.sim.{name}").main(["--help"])
    assert "--json" in capsys.readouterr().out


def test_ranks_and_tables_are_told_as_json(world, said, tmp_path: Path) -> None:  # noqa: F811
    model = ["--model", world.where.model]
    space = world.where.spaces / f"{DEVICE}-bf16.parquet"
    ranked = said("rank", "--cell", CELL, "--top", 3, "--space", space, *model)
    assert ranked["cell"] == CELL and len(ranked["configs"]) == 3
    assert ranked["confidence"]["level"]
    times = [one["predicted_us"] for one in ranked["configs"]]
    assert all(us > 0 for us in times)
    asked = pd.DataFrame({"cell_id": [CELL] * 2, "config_id": CONFIGS})
    write_table(tmp_path / "asked.parquet", asked, QUESTIONS)
    out = tmp_path / "out.parquet"
    found = said(
        "predict", "--table", tmp_path / "asked.parquet", "--out", out, "--space", space, *model
    )
    assert found == {
        "out": out.as_posix(), "model_version": "v1", "predictions": 2, "illegal": 0,
    }  # fmt: skip
    plan = asked.assign(order=[0, 1], proposed_by="", predicted_us=None, model_version=None)
    write_table(tmp_path / "plan.parquet", plan[PLAN.names], PLAN)
    stamped = said(
        "stamp", "--plan", tmp_path / "plan.parquet", "--out", out, "--space", space, *model
    )
    assert stamped["trials"] == 2 and stamped["model_version"] == "v1"
    lines = said(
        "flywheel", "--trials", Path(world.where.recorded[0], "trials.parquet"),
        "--out", tmp_path / "flywheel.jsonl",
    )  # fmt: skip
    assert lines["trials"] == len((tmp_path / "flywheel.jsonl").read_text().splitlines())
