"""The parts of a survey of a GPU of which only files are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.device import find_device
from scripts.lib.recordings import Role
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.space import SPACE_FILES
from scripts.lib.shape import Cell, parse_cell, parse_shape
from scripts.lib.tables import to_arrow
from scripts.sim.facts import read_facts
from scripts.sim.simulator import load
from scripts.transfer.committed_files import read_history
from scripts.tune.sources import others_with_file
from scripts.tune.survey.candidates import Known
from scripts.tune.survey.listing import Picks, planned
from scripts.tune.survey.parts import Kind, Part
from tests.tune.conftest import DEVICE, LAYER, World

GPU = "NVIDIA_H100_80GB_HBM3"
SHAPE = parse_shape(LAYER)
TWINS = [Cell(DEVICE, SHAPE, tokens) for tokens in (1, 64, 1024)]
WRITTEN_DOWN = ["M16-N128-K64-G1-W4-S4", "M64-N64-K64-G1-W4-S3"]
Planned = dict[str, tuple[Part, pd.DataFrame | None]]


@pytest.fixture(scope="module")
def known(world: World, tmp_path_factory: pytest.TempPathFactory) -> Known:
    where = world.where
    return Known(
        find_device(GPU), read_history(where.history), load(where.model),
        read_facts(sorted(where.spaces.glob(SPACE_FILES))), where.spaces,
        tmp_path_factory.mktemp("spaces"), {f"{GPU}/{LAYER}/M64": WRITTEN_DOWN},
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(known: Known) -> Planned:
    parts = planned(known, [SHAPE], TWINS, "nvidia_h100", Picks(5, 3, 1))
    return {part.name: (part, plan) for part, plan in parts}


def plan_of(found: Planned, name: str) -> pd.DataFrame:
    plan = found[name][1]
    assert plan is not None
    to_arrow(plan, PLAN)
    return plan


def test_parts_come_in_order_of_value(found: Planned) -> None:
    assert list(found) == [
        "peaks", "corpus-01", "complete-01-bf16", "study-01", "finals", "correctness", "repeat",
    ]  # fmt: skip
    recordings = {name: part.recording for name, (part, _) in found.items()}
    assert recordings["corpus-01"] == "nvidia_h100-corpus"
    assert found["finals"][0].repeats == recordings["study-01"]
    repeat = found["repeat"][0]
    assert (repeat.role, repeat.repeats, repeat.elsewhere) == (
        Role.REPEAT, recordings["complete-01-bf16"], True,
    )  # fmt: skip
    assert found["study-01"][0].kind is Kind.STUDY and found["study-01"][0].shapes == (LAYER,)


def test_rows_of_the_files_with_what_is_named_predicted_and_drawn(
    found: Planned, known: Known
) -> None:
    plan = plan_of(found, "corpus-01")
    file = known.history.files(SHAPE)[GPU]
    assert [parse_cell(cell).tokens for cell in plan["cell_id"].unique()] == sorted(file.configs)
    sources = others_with_file(known.history, SHAPE, GPU)
    legal = {config.id for config in known.space("bf16")[1].configs}
    for cell_id, rows in plan.groupby("cell_id"):
        names = set(",".join(rows["proposed_by"]).split(",")) - {""}
        first = {"registered"} if cell_id == f"{GPU}/{LAYER}/M64" else set()
        assert names == {"committed", "default", *(f"S1:{one}" for one in sources)} | first
        committed = rows.loc[rows["proposed_by"].str.contains("committed"), "config_id"].item()
        assert committed == file.at(parse_cell(str(cell_id)).tokens).id
        unnamed = rows.loc[rows["proposed_by"] == "", "config_id"]
        assert set(unnamed) <= legal and 3 <= len(unnamed) <= 8
        assert rows["order"].tolist() == list(range(len(rows)))


def test_what_was_registered_comes_before_what_is_predicted(found: Planned, known: Known) -> None:
    rows = plan_of(found, "corpus-01").query(
        "cell_id == @name", local_dict={"name": f"{GPU}/{LAYER}/M64"}
    )
    by_config = rows.set_index("config_id")["proposed_by"]
    assert by_config[WRITTEN_DOWN[0]].endswith("registered")
    assert WRITTEN_DOWN[1] in by_config
    # Predictions stand in every row before anything is measured.
    assert rows["predicted_us"].notna().all()
    assert set(rows["model_version"]) == {known.simulator.version}


def test_whole_spaces_of_the_cells_that_are_whole_elsewhere(found: Planned, known: Known) -> None:
    plan = plan_of(found, "complete-01-bf16")
    assert set(plan["cell_id"]) == {replace(cell, device=GPU).id for cell in TWINS}
    legal = {config.id for config in known.space("bf16")[1].configs}
    for _, rows in plan.groupby("cell_id"):
        assert legal <= set(rows["config_id"]) and not rows["config_id"].duplicated().any()
    pd.testing.assert_frame_equal(plan_of(found, "repeat"), plan)


def test_the_same_survey_is_planned_again(found: Planned, known: Known) -> None:
    for part, plan in planned(known, [SHAPE], TWINS, "nvidia_h100", Picks(5, 3, 1)):
        if plan is not None:
            pd.testing.assert_frame_equal(plan, plan_of(found, part.name))


def test_without_files_whole_spaces_are_left(known: Known) -> None:
    parts = planned(known, [], TWINS, "x", Picks(1, 1, 1))
    assert [part.name for part, _ in parts] == [
        "peaks",
        "complete-01-bf16",
        "correctness",
        "repeat",
    ]


def test_spaces_are_built_in_a_folder_of_their_own(known: Known) -> None:
    assert [path.name for path in Path(known.build).glob("*.parquet")] == [f"{GPU}-bf16.parquet"]
