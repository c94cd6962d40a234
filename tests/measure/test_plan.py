"""The plan: every legal config and every proposal once per cell, proposals first."""

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.tables import read_table, write_table
from scripts.measure.plan import main, make_plan

CELLS = [f"NVIDIA_H200/E8-N256-K512-top2-bf16/M{m}" for m in (1, 2)]
LEGAL = [f"M16-N{n}-K64-G{g}-W4-S3" for n in (32, 64, 128) for g in (1, 16)]
OUTSIDE = "M16-N16-K64-G1-W2-S2"


def space() -> pd.DataFrame:
    rows = [("bf16", config, True) for config in LEGAL]
    rows += [("bf16", "M256-N256-K256-G1-W8-S5", False), ("fp16", "M32-N32-K64-G1-W4-S2", True)]
    return space_of(rows)


def space_of(rows: list[tuple[str, str, bool]]) -> pd.DataFrame:
    """SPACE rows of an H200 from (scheme, config id, legal)."""
    frame = pd.DataFrame(rows, columns=["scheme", "config_id", "legal"])
    frame = frame.assign(device="NVIDIA_H200", least_shared_bytes=1)
    return frame.reindex(columns=SPACE.names)


def proposals() -> pd.DataFrame:
    rows = [
        (CELLS[0], "committed", None, LEGAL[2], "f"),
        (CELLS[0], "S1", "NVIDIA_A100-SXM4-80GB", OUTSIDE, "g"),
        (CELLS[0], "S2", "NVIDIA_A100-SXM4-80GB", LEGAL[2], "g"),
        (CELLS[1], "default", None, LEGAL[5], None),
    ]
    return pd.DataFrame(rows, columns=PROPOSALS.names)


@pytest.mark.parametrize("seed", [1, 2])
def test_each_cell_gets_the_space_and_its_proposals_once(seed):
    plan = make_plan(space(), proposals(), seed)
    first, second = (plan[plan["cell_id"] == cell] for cell in CELLS)
    assert sorted(first["config_id"]) == sorted([*LEGAL, OUTSIDE])
    assert sorted(second["config_id"]) == sorted(LEGAL)
    assert first["order"].tolist() == list(range(7))
    head = dict(zip(first["config_id"][:2], first["proposed_by"][:2], strict=True))
    assert head == {
        LEGAL[2]: "committed,S2:NVIDIA_A100-SXM4-80GB",
        OUTSIDE: "S1:NVIDIA_A100-SXM4-80GB",
    }
    assert (first["proposed_by"][2:] == "").all()


def test_the_order_is_random_by_seed_and_differs_between_cells():
    many = space_of([("bf16", f"M16-N32-K64-G{g}-W4-S2", True) for g in range(1, 90)])
    orders = [make_plan(many, proposals(), seed)["config_id"].tolist() for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    plan = make_plan(many, proposals(), 1)
    tails = [plan[plan["cell_id"] == cell]["config_id"].tolist()[3:] for cell in CELLS]
    assert tails[0] != tails[1]


def test_main_writes_the_plan(tmp_path):
    write_table(tmp_path / "space.parquet", space(), SPACE)
    write_table(tmp_path / "proposals.parquet", proposals(), PROPOSALS)
    arguments = ["--space", tmp_path / "space.parquet", "--out", tmp_path / "plan.parquet"]
    arguments += ["--proposals", tmp_path / "proposals.parquet"]
    assert main([str(argument) for argument in arguments]) == 0
    assert len(read_table(tmp_path / "plan.parquet", PLAN)) == 13


def test_a_missing_space_is_a_clear_error(tmp_path, capsys):
    arguments = ["--space", "absent.parquet", "--proposals", "p", "--out", str(tmp_path / "x")]
    assert main(arguments) == 2
    assert "absent.parquet: not found" in capsys.readouterr().err


def test_named_cells_are_planned_with_proposals_or_without():
    other = "NVIDIA_H200/E8-N256-K512-top2-bf16/M4"
    plan = make_plan(space(), proposals(), seed=1, cells=[other, CELLS[1]])
    assert plan["cell_id"].drop_duplicates().tolist() == [other, CELLS[1]]
    unnamed = plan[plan["cell_id"] == other]
    assert sorted(unnamed["config_id"]) == sorted(LEGAL)
    assert (unnamed["proposed_by"] == "").all()


def test_a_cell_without_any_candidate_is_an_error():
    with pytest.raises(InputError, match="no space of int8_w8a16 on NVIDIA_H200"):
        make_plan(space(), proposals(), 1, ["NVIDIA_H200/E8-N256-K512-top2-int8_w8a16/M4"])
    with pytest.raises(InputError, match="--cells"):
        make_plan(space(), proposals(), 1, ["NVIDIA_H200/E8"])


def test_proposals_of_a_strategy_can_be_left_out(tmp_path):
    write_table(tmp_path / "space.parquet", space(), SPACE)
    write_table(tmp_path / "proposals.parquet", proposals(), PROPOSALS)
    argv = ["--space", "space.parquet", "--proposals", "proposals.parquet", "--out", "plan.parquet"]
    paths = [str(tmp_path / word) if word.endswith("parquet") else word for word in argv]
    assert main([*paths, "--without", "committed", "S2"]) == 0
    names = read_table(tmp_path / "plan.parquet", PLAN)["proposed_by"]
    assert set(names) == {"S1:NVIDIA_A100-SXM4-80GB", "default", ""}
