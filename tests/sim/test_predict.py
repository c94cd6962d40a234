"""Tables of predictions: batch form, ranking, and triples of a GPU that is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.sim import PREDICTIONS, QUESTIONS, TRIPLES_PREDICTED
from scripts.lib.schemas.space import SPACE, TRIPLES_LEGALITY
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, to_arrow, write_table
from scripts.sim import predict as command
from scripts.sim import rank as ranking
from scripts.sim import throughput
from scripts.sim.predict import predict
from scripts.sim.rank import rank
from scripts.sim.simulator import Simulator
from scripts.sim.throughput import measure, questions
from scripts.sim.triples import predict_triples

CELL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"


@pytest.fixture(scope="module")
def asked() -> pd.DataFrame:
    return questions("NVIDIA_H200", 3000)


def test_a_table_of_questions(asked: pd.DataFrame, simulator: Simulator, tmp_path: Path) -> None:
    simulator.save(tmp_path / "model.json")
    write_table(tmp_path / "asked.parquet", asked, QUESTIONS)
    given = ["--table", str(tmp_path / "asked.parquet"), "--space", "--model"]
    given += [str(tmp_path / "model.json"), "--out", str(tmp_path / "out.parquet")]
    assert command.main(given) == 0
    found = read_table(tmp_path / "out.parquet", PREDICTIONS)
    assert found["config_id"].tolist() == asked["config_id"].tolist()
    illegal = found["legality"] == "illegal"
    assert 0 < illegal.sum() < len(found) / 2
    assert found.loc[illegal, ["predicted_us", "analytical_us"]].isna().all(axis=None)
    assert (found.loc[illegal, "needed"] > found.loc[illegal, "available"]).all()
    assert (found.loc[~illegal, "predicted_us"] > 0).all()
    assert set(found["confidence"]) == {"not validated"}  # the model carries no errors
    assert found["error"].isna().all()
    assert {"memory", "latency"} & set(found["limit"])


def test_a_prediction_does_not_depend_on_its_neighbours(
    asked: pd.DataFrame, simulator: Simulator, facts: pd.DataFrame
) -> None:
    together = predict(asked, facts, simulator)
    alone = predict(asked.iloc[[1201]], facts, simulator)
    assert together["predicted_us"][1201] == pytest.approx(alone["predicted_us"][0], rel=1e-9)


@pytest.mark.parametrize("count", ["0", "-1"])
def test_no_prediction_has_no_throughput(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert throughput.main(["--predictions", count]) == 2
    assert f"--predictions {count}: choose 1 or more" in capsys.readouterr().err


def test_throughput_counts_what_it_predicts(simulator: Simulator, facts: pd.DataFrame) -> None:
    found = measure(simulator, facts, 500)
    assert found["predictions"] == 500
    assert found["predictions_per_second"] > 0


def test_a_ranking_names_at_least_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert ranking.main(["--cell", CELL, "--top", "-3"]) == 2
    assert "--top -3: name 1 config or more" in capsys.readouterr().err


def space_of(asked: pd.DataFrame) -> pd.DataFrame:
    ids = asked["config_id"].drop_duplicates()
    frame = pd.DataFrame(dict.fromkeys(SPACE.names, pd.NA), index=ids.index)
    return frame.assign(
        device="NVIDIA_H200", scheme="bf16", config_id=ids, legal=ids.index % 2 == 0
    )


def test_rank_names_legal_configs_of_several_kinds(
    asked: pd.DataFrame, simulator: Simulator, facts: pd.DataFrame
) -> None:
    space = space_of(asked)
    found = rank(parse_cell(CELL), space, facts, simulator, 8)
    legal = space.loc[space["legal"], "config_id"]
    assert len(found) == 8
    assert set(found["config_id"]) <= set(legal)
    everything = predict(pd.DataFrame({"cell_id": CELL, "config_id": legal}), facts, simulator)
    assert found["predicted_us"][0] == everything["predicted_us"].min()
    kinds = found["config_id"].str.replace(r"-G\d+", "", regex=True)
    assert kinds.nunique() > 3


def test_an_empty_space_is_refused(asked: pd.DataFrame, simulator: Simulator) -> None:
    other = parse_cell(CELL.replace("bf16", "fp8_w8a8"))
    with pytest.raises(InputError, match="no legal config of this GPU and scheme"):
        rank(other, space_of(asked), pd.DataFrame(), simulator, 8)


def test_triples_of_an_absent_gpu(simulator: Simulator, facts: pd.DataFrame) -> None:
    row = dict.fromkeys(TRIPLES_LEGALITY.names, "x") | {
        "cell_id": "AMD_Instinct_MI300X/E8-N3584-K4096-top2-bf16/M64",
        "carried_config_id": "M64-N64-K64-G1-W4-S2",
        "target_config_id": "M16-N64-K128-G1-W4-S2-E0-I16-P2",
        "legal": True,
        "target_legal": True,
    }
    legality = pd.DataFrame([row, row | {"legal": False}])
    found = predict_triples(legality, facts, simulator)
    assert to_arrow(found, TRIPLES_PREDICTED).num_rows == 2
    carried, target = found["predicted_us_carried"], found["predicted_us_target"]
    assert found["ratio"][0] == pytest.approx(carried[0] / target[0], abs=1e-6)
    assert np.isnan(carried[1])
    assert np.isnan(found["ratio"][1])
    assert target[1] == target[0]
    assert set(found["confidence"]) == {"not validated"}
    assert set(found["outcome"] + found["outcome_reason"]) == {"not_measureddevice_absent"}
