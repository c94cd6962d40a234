"""How far predictions were off, computed once more by plain numpy; whose a stamp is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.sim import OF_THAT_DAY, SIM_CELLS, SIM_ERRORS, Group
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Families
from scripts.sim.errors import main
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator
from scripts.sim.stamped import Recorded, stamped
from scripts.sim.train import train

DATA = Path("data/recorded/measured")
H200 = "NVIDIA_H200"
KNOWN = f"{H200}/E8-N3584-K4096-top2-bf16/M64"  # the model had learned from this layer and format
FP8 = f"{H200}/E8-N3584-K4096-top2-fp8_w8a8/M64"
OTHER = f"{H200}/E256-N256-K7168-top8-fp8_w8a8_b128x128/M64"
UNSEEN = f"{H200}/E8-N2048-K6144-top2-bf16/M64"  # of a known format and family
FAMILIES = Families(
    dict.fromkeys(("E8-N3584-K4096-top2", "E8-N1792-K4096-top2", "E8-N2048-K6144-top2"), "Mixtral")
)


@pytest.fixture(scope="module")
def trials(simulator: Simulator, facts: pd.DataFrame) -> pd.DataFrame:
    """Recorded trials of four cells, stamped by the model, free of drift."""
    both = [
        read_table(DATA / f"nvidia_h200-{name}/trials.parquet", TRIALS)
        for name in ("bf16", "formats")
    ]
    rows = pd.concat([one[one["cell_id"].isin([KNOWN, FP8, OTHER, UNSEEN])] for one in both])
    rows = rows[rows["outcome"] == "correct"].reset_index(drop=True)
    assert rows["cell_id"].nunique() == 4
    us = simulator.predict_us(ask(rows["cell_id"], rows["config_id"], facts)).round(6)
    return rows.assign(predicted_us=us, model_version="v1", anchor_us=np.nan)


@pytest.fixture(scope="module")
def written(trials: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stamped") / "trials.parquet"
    write_table(path, trials, TRIALS)
    return path


@pytest.fixture(scope="module")
def other(measured: pd.DataFrame, facts: pd.DataFrame) -> Simulator:
    one = measured[measured["layer"] == "E128-N768-K2048-top8"]
    return train(one.reset_index(drop=True), facts, 1, "v1")


def test_the_author_is_the_model_that_gives_the_figures_again(
    written: Path, simulator: Simulator, other: Simulator, facts: pd.DataFrame
) -> None:
    models = [Recorded("aa", other), Recorded("bb", simulator)]
    found = stamped(written, models, facts, FAMILIES).set_index("cell_id")
    assert set(found["model"]) == {"bb"}
    assert set(found.index) == {FP8, OTHER, UNSEEN}  # not what it had learned from
    assert found["new_format"].to_dict() == {FP8: True, OTHER: True, UNSEEN: False}
    assert found["new_family"].to_dict() == {FP8: False, OTHER: True, UNSEEN: False}
    with pytest.raises(InputError, match="predicted_us: none of the 1 recorded models gives"):
        stamped(written, models[:1], facts, FAMILIES)


def test_one_altered_stamp_has_no_author(
    trials: pd.DataFrame, simulator: Simulator, facts: pd.DataFrame, tmp_path: Path
) -> None:
    first = trials.sort_values(["cell_id", "config_id"]).index[0]
    stood = trials["predicted_us"].copy()
    stood[first] *= 1.001
    write_table(tmp_path / "trials.parquet", trials.assign(predicted_us=stood), TRIALS)
    with pytest.raises(InputError, match="record the model that stamped the plan"):
        stamped(tmp_path / "trials.parquet", [Recorded("bb", simulator)], facts, FAMILIES)


def test_without_stamps_there_is_nothing_to_judge(facts: pd.DataFrame) -> None:
    assert stamped(DATA / "nvidia_h200-bf16/trials.parquet", [], facts, FAMILIES).empty


def cross_validated(held_out: str, error: dict[str, float]) -> pd.DataFrame:
    rows = [
        {"dataset": "learned_from", "held_out": held_out, "model": "corrected", "cell_id": cell}
        | {"device": H200, "scheme": cell.split("/")[1].rsplit("-", 1)[1], "tokens": 64}
        | {"configs": 9, "spearman": 0.9, "error": off}
        | {f"regret_{k}": 1.0 + off / 10 for k in (1, 4, 8, 16)}
        for cell, off in error.items()
    ]
    chance = [row | {"model": "chance", "error": None} for row in rows]
    return pd.DataFrame(rows + chance, columns=SIM_CELLS.names)


def mixtral() -> pd.DataFrame:
    """SHAPES that hold one layer's model."""
    row: dict[str, object] = {"shape_id": UNSEEN.split("/")[1], "model": "Mixtral-8x22B"}
    for column in SHAPES.columns:
        if not column.nullable:
            kind = str(column.type)
            zero = pd.Timestamp(0, tz="UTC") if "timestamp" in kind else 0
            zero = "" if kind == "string" else zero
            row.setdefault(column.name, zero)
    return pd.DataFrame([row], columns=SHAPES.names)


LAYER = {KNOWN: 0.1, FP8: 0.2, OTHER: 0.3, UNSEEN: 0.15}
FAMILY = {KNOWN: 0.12, FP8: 0.25, OTHER: 0.5, UNSEEN: 0.16}


@pytest.fixture(scope="module")
def found(
    written: Path, simulator: Simulator, other: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("errors")
    words = []
    for held_out, error in (("layer", LAYER), ("family", FAMILY)):
        write_table(folder / f"{held_out}.parquet", cross_validated(held_out, error), SIM_CELLS)
        words += ["--held-out", f"{held_out}_out", str(folder / f"{held_out}.parquet")]
    for name, model in (("one", other), ("two", simulator)):
        model.save(folder / f"{name}.json")
    write_table(folder / "shapes.parquet", mixtral(), SHAPES)
    words += ["--whole", str(written), "--few", str(written), "--out", str(folder / "out.parquet")]
    words += ["--models", str(folder / "one.json"), str(folder / "two.json")]
    assert main([*words, "--shapes", str(folder / "shapes.parquet")]) == 0
    rows = read_table(folder / "out.parquet", SIM_ERRORS)
    return rows.set_index(["group", "scheme", "taught"])


def missed(trials: pd.DataFrame, cell: str) -> float:
    """By plain numpy: the median over a cell's configs of |log(predicted / measured)|."""
    own = trials[trials["cell_id"] == cell]
    return float(np.median(np.abs(np.log(own["predicted_us"] / own["median_us"]))))


def test_errors_are_medians_over_cells_of_those_over_configs(
    found: pd.DataFrame, trials: pd.DataFrame
) -> None:
    off = {cell: missed(trials, cell) for cell in (FP8, OTHER, UNSEEN)}
    for group, cells in (
        (Group.STAMPED, [FP8, OTHER, UNSEEN]), (Group.NEW_FORMAT, [FP8, OTHER]),
        (Group.KNOWN_FORMAT, [UNSEEN]), (Group.FEW, [FP8, OTHER, UNSEEN]),
    ):  # fmt: skip
        row = found.loc[group, "all", OF_THAT_DAY]
        values = [off[cell] for cell in cells]
        assert row["cells"] == row["layers"] == len(cells)
        assert row["error"] == pytest.approx(np.median(values), abs=1e-9)
        assert row["error_p95"] == pytest.approx(np.quantile(values, 0.95), abs=1e-9)
    assert np.isnan(found.loc[Group.FEW, "all", OF_THAT_DAY]["within_2_8"])


def test_cross_validated_errors_of_the_same_cells_stand_beside(found: pd.DataFrame) -> None:
    for taught, error in (("layer_out", LAYER), ("family_out", FAMILY)):
        same = [error[cell] for cell in (FP8, OTHER, UNSEEN)]
        row = found.loc[Group.STAMPED, "all", taught]
        assert row["cells"] == 3
        assert row["error"] == pytest.approx(np.median(same))
        assert row["within_2_8"] == pytest.approx(np.mean([off <= 0.2 for off in same]))
        everything = found.loc[Group.RECORDED, "all", taught]
        assert everything["cells"] == 4
        assert everything["error"] == pytest.approx(np.median(list(error.values())))
        of_fp8 = found.loc[Group.RECORDED, "fp8_w8a8", taught]
        assert (of_fp8["cells"], of_fp8["error"]) == (1, pytest.approx(error[FP8]))


def test_the_models_of_that_day_are_named(found: pd.DataFrame) -> None:
    names = found["models"].dropna()
    assert {group for group, _, taught in names.index} == {
        str(group) for group in Group if group is not Group.RECORDED
    }
    assert names.map(len).eq(16).all()
