"""A plan cut down to what the model ranks first, proposals kept."""

import pandas as pd
import pytest

from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, write_table
from scripts.sim.shortlist import main, shortlist

CELLS = [f"NVIDIA_H200/E8-N256-K512-top2-bf16/M{m}" for m in (1, 64)]
CONFIGS = [f"M16-N{n}-K{k}-G{g}-W4-S3" for n in (32, 64, 128) for k in (64, 128) for g in (1, 16)]


def plan() -> pd.DataFrame:
    rows = [
        (cell, order, config, "default" if order == 0 else "", 10.0 + (7 * order) % 12, "v1")
        for cell in CELLS
        for order, config in enumerate(CONFIGS)
    ]
    return pd.DataFrame(rows, columns=PLAN.names)


def test_the_proposals_and_the_best_of_each_cell_stay_in_order():
    short = shortlist(plan(), best=3)
    for cell in CELLS:
        mine = short[short["cell_id"] == cell]
        assert mine["order"].tolist() == [0, 1, 2, 3]
        assert mine["config_id"].iloc[0] == CONFIGS[0]
        whole = plan()[(plan()["cell_id"] == cell) & (plan()["proposed_by"] == "")]
        # The three fastest predictions here are of different kinds, so none stands back.
        fastest = whole.nsmallest(3, "predicted_us")["config_id"]
        assert set(mine["config_id"].iloc[1:]) == set(fastest)
        assert mine["config_id"].tolist() == [c for c in CONFIGS if c in set(mine["config_id"])]


def test_a_budget_counts_the_proposals():
    short = shortlist(plan(), budget=5)
    assert short.groupby("cell_id").size().tolist() == [5, 5]
    assert shortlist(plan(), budget=0)["proposed_by"].eq("default").all()
    assert len(shortlist(plan(), budget=1000)) == len(plan())


def test_a_plan_without_predictions_is_refused(tmp_path, capsys):
    bare = plan().assign(predicted_us=None, model_version=None)
    write_table(tmp_path / "plan.parquet", bare, PLAN)
    out = tmp_path / "short.parquet"
    status = main(["--plan", str(tmp_path / "plan.parquet"), "--best", "2", "--out", str(out)])
    assert status == 2
    assert "stamp the plan first" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(("options", "rows"), [(["--best", "2"], 6), (["--budget", "2"], 4)])
def test_the_command_writes_a_plan(tmp_path, options, rows):
    write_table(tmp_path / "plan.parquet", plan(), PLAN)
    out = tmp_path / "short.parquet"
    assert main(["--plan", str(tmp_path / "plan.parquet"), *options, "--out", str(out)]) == 0
    assert len(read_table(out, PLAN)) == rows
