"""The whole command, on a small history and on the recorded one."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from scripts.corpus.build import main
from scripts.corpus.models import read_models
from scripts.lib.files import sha256
from scripts.lib.schemas.corpus import PAIRS, SHAPES, TRIPLES
from scripts.lib.schemas.history import HISTORY
from scripts.lib.tables import read_table, write_rows
from scripts.tune.models import plain_models
from tests.corpus.conftest import row

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "data" / "models.yaml"
RECORDED = ROOT / "data" / "recorded" / "history.parquet"
H100, H200 = "NVIDIA_H100_80GB_HBM3", "NVIDIA_H200"
MI300X = "AMD_Instinct_MI300X"


def build(history: Path, out: Path, models: Path = MODELS) -> int:
    options = ["--history", history, "--models", models]
    for name in ("triples", "pairs", "shapes"):
        options += [f"--out-{name}", out / f"{name}.parquet"]
    options += ["--out-models", out / "models.json"]
    return main([str(option) for option in options])


def test_the_same_history_gives_the_same_bytes(tmp_path: Path) -> None:
    history = tmp_path / "history.parquet"
    write_rows(history, [row("A", 1), row("B", 1, None), row("B", 2)], HISTORY)
    assert build(history, tmp_path / "one") == build(history, tmp_path / "two") == 0
    for name in ("triples", "pairs", "shapes"):
        one, two = (tmp_path / run / f"{name}.parquet" for run in ("one", "two"))
        assert sha256(one) == sha256(two)
    assert len(read_table(tmp_path / "one" / "triples.parquet", TRIPLES)) == 2


@pytest.mark.parametrize("rows", [[row("A", 1)], [row(None, None, None)], []])
def test_a_history_without_triples_is_no_error(tmp_path: Path, rows: list[dict]) -> None:
    history = tmp_path / "history.parquet"
    write_rows(history, rows, HISTORY)
    assert build(history, tmp_path) == 0
    assert read_table(tmp_path / "triples.parquet", TRIPLES).empty
    assert read_table(tmp_path / "pairs.parquet", PAIRS).empty
    named = [entry for entry in rows if entry["device"]]
    assert len(read_table(tmp_path / "shapes.parquet", SHAPES)) == len(named)


def test_every_model_is_there_for_who_reads_no_yaml(tmp_path: Path) -> None:
    assert build(RECORDED, tmp_path) == 0
    models = json.loads((tmp_path / "models.json").read_text())
    wanted = {model.name: model.entry for model in read_models(MODELS).models}
    assert models == wanted == plain_models(MODELS)


def test_bad_input_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "history.parquet"
    write_rows(history, [row("A", 1)], HISTORY)
    assert build(tmp_path / "no.parquet", tmp_path / "out") == 2
    assert build(history, tmp_path / "out", models=tmp_path / "no.yaml") == 2
    history.write_bytes(history.read_bytes()[:-100])
    assert build(history, tmp_path / "out") == 2
    assert "not a readable Parquet file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not RECORDED.exists():
        pytest.skip("no recorded history; restore it with `make restore`")
    out = tmp_path_factory.mktemp("corpus")
    assert build(RECORDED, out) == 0
    return out


@pytest.fixture(scope="module")
def triples(built: Path) -> pd.DataFrame:
    return read_table(built / "triples.parquet", TRIPLES)


def test_counts_of_the_real_corpus(triples: pd.DataFrame, built: Path) -> None:
    assert len(triples) == 12_910
    pairs = read_table(built / "pairs.parquet", PAIRS).set_index(["source", "target"])
    assert pairs["triples"].sum() == 12_910
    into_h200 = pairs.xs(H200, level="target")["triples"]
    assert into_h200.sum() == 2260
    assert into_h200.nlargest(5).to_dict() == {
        H100: 467,
        MI300X: 342,
        "NVIDIA_B200": 306,
        "AMD_Instinct_MI325X": 270,
        "NVIDIA_A100-SXM4-80GB": 216,
    }
    assert into_h200["NVIDIA_H20"] == 126
    carried = pairs.loc[(H100, MI300X)]
    assert (carried["file_pairs"], carried["triples"], carried["target_later"]) == (15, 269, 269)


def test_gaps_of_the_real_corpus(triples: pd.DataFrame) -> None:
    pair = triples[(triples["source"] == H100) & (triples["target"] == MI300X)]
    assert pair["gap_days_last"].mean() == pytest.approx(185.8, abs=0.05)
    assert pair["gap_days_first"].mean() == pytest.approx(135.0, abs=0.05)


def test_identical_configs_of_the_real_corpus(triples: pd.DataFrame) -> None:
    nvidia = triples["source"].str.startswith("NVIDIA") & triples["target"].str.startswith("NVIDIA")
    assert triples[nvidia]["identical"].mean() == pytest.approx(0.135, abs=0.0005)
    known = triples["source_config_id"].notna() & triples["target_config_id"].notna()
    same = triples["source_config_id"] == triples["target_config_id"]
    assert (same == triples["identical"])[known].all()
    assert (~known).sum() == 384


def test_shapes_of_the_real_corpus(built: Path) -> None:
    shapes = read_table(built / "shapes.parquet", SHAPES)
    assert shapes["files"].sum() == 328
    assert shapes["rows"].sum() == 5892
    plain = shapes[shapes["scheme"].eq("bf16") & shapes["dtype"].eq("")].set_index(["E", "N"])
    sizes = {key: tuple(plain.loc[key, ["K", "top_k"]]) for key in plain.index}
    assert sizes[(8, 3584)] == sizes[(8, 1792)] == (4096, 2)
    assert sizes[(128, 768)] == sizes[(128, 384)] == (2048, 8)
    assumed = shapes[shapes["assumed"]][["E", "N"]].drop_duplicates()
    assert assumed.to_numpy().tolist() == [[64, 8960], [128, 8960], [512, 192]]
