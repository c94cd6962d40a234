"""Predictions held against committed configs: the whole command on the tests' small world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.catalogue import foreseen
from scripts.catalogue.foreseen import read_held_out, recorded_places, teacher_of
from scripts.lib.files import InputError
from scripts.lib.schemas.foreseen import CHOSEN_PARTS, CHOSEN_PLACES, CHOSEN_ROWS, Order
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Teaching
from scripts.sim.recorded import read_measured

H100, H200 = "NVIDIA_H100_80GB_HBM3", "NVIDIA_H200"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, world) -> Path:
    """Predictions of the recorded cells: the measured latencies, backwards."""
    path = tmp_path_factory.mktemp("held") / "sim_held_out.parquet"
    (folder,) = world.where.recorded
    rows = read_measured([Path(folder, "trials.parquet")])
    us = 1e6 / rows["us"]
    place = us.groupby(rows["cell_id"]).rank(method="first").astype(int)
    frame = rows.assign(predicted_us=us, place=place, teaching="gpu_out")[SIM_HELD_OUT.names]
    write_table(path, frame, SIM_HELD_OUT)
    return path


@pytest.fixture(scope="module")
def spaces(world, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The recorded GPU's, and the H100's, which has the same architecture."""
    folder = tmp_path_factory.mktemp("spaces")
    space = read_table(world.where.spaces / f"{H200}-bf16.parquet", SPACE)
    for device in (H100, H200):
        write_table(folder / f"{device}-bf16.parquet", space.assign(device=device), SPACE)
    return sorted(folder.glob("*.parquet"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The history of the two layers that are recorded, and their shapes."""
    from scripts.lib.schemas.corpus import SHAPES
    from scripts.lib.schemas.history import HISTORY
    from tests.transfer.study import filled

    folder = tmp_path_factory.mktemp("corpus")
    rows = read_table(Path("data/recorded/history.parquet"), HISTORY)
    known = rows["E"].eq(8) & rows["N"].eq(3584) | rows["E"].eq(128) & rows["N"].eq(768)
    write_table(folder / "history.parquet", rows[known & rows["scheme"].eq("bf16")], HISTORY)
    layers = [
        {"scheme": "bf16", "E": 8, "N": 3584, "shape_id": "E8-N3584-K4096-top2-bf16"},
        {"scheme": "bf16", "E": 128, "N": 768, "shape_id": "E128-N768-K2048-top8-bf16"},
    ]
    write_table(folder / "shapes.parquet", filled(SHAPES, layers), SHAPES)
    return folder / "history.parquet", folder / "shapes.parquet"


def written(world, spaces: list[Path], corpus, held: Path, out: Path, processes: int) -> Path:
    (folder,) = world.where.recorded
    history, shapes = corpus
    arguments = [
        *("--history", history, "--shapes", shapes, "--spaces", *spaces),
        *("--model", world.where.model, "--trials", Path(folder, "trials.parquet")),
        *("--held-out", held, "--rows", 2, "--configs", 5000, "--sample", 100),
        *("--processes", processes, "--out", out),
    ]
    assert foreseen.main(list(map(str, arguments))) == 0
    return out


def test_every_order_is_written_and_twice_the_same(
    world, spaces: list[Path], corpus, held: Path, tmp_path: Path
) -> None:
    out = written(world, spaces, corpus, held, tmp_path / "one", 1)
    again = written(world, spaces, corpus, held, tmp_path / "two", 2)
    for table in (CHOSEN_ROWS, CHOSEN_PLACES, CHOSEN_PARTS):
        name = f"{table.name}.parquet"
        assert (out / name).read_bytes() == (again / name).read_bytes()
    rows = read_table(out / "chosen_rows.parquet", CHOSEN_ROWS)
    places = read_table(out / "chosen_places.parquet", CHOSEN_PLACES)
    parts = read_table(out / "chosen_parts.parquet", CHOSEN_PARTS)
    assert set(rows["device"]) == {H100, H200}
    by_order = places.groupby("device")["order"].agg(set)
    assert by_order[H200] == {Order.MEASURED, Order.GPU_OUT, Order.DEFAULT}
    mine = by_order[H100]
    assert {Order.SIM, Order.CROWD, Order.FITTED, Order.EQUATIONS, Order.DEFAULT} <= mine
    assert Order.MEASURED not in mine
    assert set(parts["device"]) == {H100} and set(parts["teacher"]) == {H200}
    asked = rows[rows["asked"] & (rows["device"] == H100)]
    assert (places["order"] == Order.SIM).sum() == len(asked)


def test_on_a_recorded_gpu_committed_configs_stand_where_they_were_measured(
    world, spaces: list[Path], corpus, held: Path, tmp_path: Path
) -> None:
    out = written(world, spaces, corpus, held, tmp_path, 1)
    places = read_table(out / "chosen_places.parquet", CHOSEN_PLACES)
    (folder,) = world.where.recorded
    measured = read_measured([Path(folder, "trials.parquet")])
    for row in places[places["order"] == Order.MEASURED].itertuples():
        us = measured[measured["cell_id"] == row.cell_id].set_index("config_id")["us"]
        assert row.configs == len(us)
        assert row.ahead == (us < us[row.config_id]).sum()
        assert row.ratio == pytest.approx(us[row.config_id] / us.min())
        backwards = places[
            (places["order"] == Order.GPU_OUT) & (places["cell_id"] == row.cell_id)
        ].iloc[0]
        # Predicted backwards, with ties broken: as many stand ahead as were slower.
        slower = (us > us[row.config_id]).sum()
        same = (us == us[row.config_id]).sum() - 1
        assert slower <= backwards["ahead"] <= slower + same


def test_another_gpus_config_stands_where_the_teacher_measured_it() -> None:
    ids = ["M16-N32-K64-G1-W4-S2", "M16-N64-K64-G1-W4-S2", "M16-N128-K64-G1-W4-S2"]
    layer = "E8-N3584-K4096-top2-bf16"
    measured = pd.DataFrame(
        {"cell_id": f"{H200}/{layer}/M64", "config_id": ids, "us": [1.0, 2.0, 4.0],
         "device": H200}
    )  # fmt: skip
    rows = pd.DataFrame(
        {"device": H100, "scheme": "bf16", "file": "a", "tokens": [64, 128],
         "cell_id": [f"{H100}/{layer}/M64", f"{H100}/{layer}/M128"], "config_id": ids[2],
         "censored": False}
    )  # fmt: skip
    found = recorded_places(rows, measured, {}, H200)
    assert found["order"].tolist() == [str(Order.MEASURED_THERE)]
    assert found[["ahead", "tied", "configs"]].to_numpy().tolist() == [[2, 0, 3]]
    assert found["ratio"].tolist() == [4.0]


def test_the_teacher_is_the_gpu_with_most_cells() -> None:
    cells = pd.DataFrame({"cell_id": list("aabcd"), "device": ["B", "B", "A", "C", "C"]})
    assert teacher_of(cells) == "C"
    assert teacher_of(cells.iloc[:3]) == "A"


def test_two_tables_of_one_teaching_are_refused(held: Path) -> None:
    assert set(read_held_out([held])) == {Teaching.GPU_OUT}
    with pytest.raises(InputError, match="of each choice one table"):
        read_held_out([held, held])


def test_a_sample_of_a_space_says_so(
    world, spaces: list[Path], corpus, held: Path, tmp_path: Path
) -> None:
    (folder,) = world.where.recorded
    history, shapes = corpus
    arguments = [
        *("--history", history, "--shapes", shapes, "--spaces", *spaces),
        *("--model", world.where.model, "--trials", Path(folder, "trials.parquet")),
        *("--held-out", held, "--rows", 2, "--configs", 400, "--sample", 100),
        *("--out", tmp_path),
    ]
    assert foreseen.main(list(map(str, arguments))) == 0
    places = read_table(tmp_path / "chosen_places.parquet", CHOSEN_PLACES)
    some = places[places["order"] == Order.SIM]
    assert not some["whole"].any()
    assert np.all((some["configs"] > 50) & (some["configs"] < 150))
