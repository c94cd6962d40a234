"""Committed configs on other GPUs, and triples whose target is not there."""

import json
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.device import find_device
from scripts.lib.schemas.corpus import SHAPES, TRIPLES
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.space import LEGALITY, TRIPLES_LEGALITY, Rejection, Stage
from scripts.lib.tables import read_table
from scripts.space.legality import judge_committed, legality_matrix, main
from tests.space.test_enumerate import H200, binary, invented

ROOT = Path(__file__).parents[2]
HISTORY_FILE = ROOT / "data/recorded/history.parquet"
MI300X = find_device("AMD_Instinct_MI300X")


def history(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """History rows from (device, scheme, config id)."""
    frame = pd.DataFrame(rows, columns=["device", "scheme", "config_id"])
    return frame.assign(status="config")


def test_matrix_counts_entries_as_they_stand_and_as_they_are_carried() -> None:
    committed = history(
        ("NVIDIA_B200", "bf16", "M16-N32-K64-G16-W4-S2"),  # compiled and small
        ("NVIDIA_B200", "bf16", "M16-N32-K64-G16-W4-S2"),
        ("NVIDIA_B200", "bf16", "M256-N256-K256-G1-W8-S5"),  # too large by formula
        ("AMD_Instinct_MI300X", "bf16", "M16-N32-K64-G1-W4-S2-E2-I16-P2"),  # foreign keys
        ("NVIDIA_A100-SXM4-80GB", "bf16_b128x128", "M16-N32-K64-G1-W4-S2"),  # no such kernel
    )
    table = legality_matrix(committed, [H200], invented()).set_index("source")
    assert table.loc["NVIDIA_B200", ["configs", "legal", "legal_carried"]].tolist() == [3, 2, 2]
    assert json.loads(table.loc["NVIDIA_B200", "reasons"]) == {"shared_memory": 1}
    amd = table.loc["AMD_Instinct_MI300X"]
    assert amd[["configs", "legal", "legal_carried"]].tolist() == [1, 0, 1]
    odd = table.loc["NVIDIA_A100-SXM4-80GB"]
    assert json.loads(odd["reasons"]) == {"scheme_unsupported": 1}


def test_a_binary_of_its_own_is_asked_before_the_representative() -> None:
    rows = [
        binary("M16-N32-K64-G1-W4-S2-I16", arch="gfx942"),
        binary("M16-N32-K64-G1-W4-S2-E2-I16", arch="gfx942", outcome="compile_error"),
    ]
    compiled = pd.DataFrame(rows)
    ids = ["M16-N32-K64-G4-W4-S2-E2-I16", "M16-N32-K64-G4-W4-S2-E1-I16"]
    verdicts = judge_committed(ids, MI300X, "bf16", compiled)
    assert verdicts["legal"].to_dict() == {ids[0]: False, ids[1]: True}
    assert verdicts.loc[ids[0], "reason"] == Rejection.COMPILE_ERROR


def test_block_schemes_are_judged_as_they_are_launched() -> None:
    compiled = pd.DataFrame([binary("M16-N32-K128-G1-W4-S2", scheme="fp8_w8a8_b128x128")])
    verdicts = judge_committed(["M16-N32-K256-G1-W4-S2"], H200, "fp8_w8a8_b128x128", compiled)
    assert verdicts["legal"].all()


@pytest.fixture(scope="module")
def results(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both tables, from the recorded data."""
    compiled = sorted((ROOT / "data/recorded/space").glob("*.parquet"))
    folder = tmp_path_factory.mktemp("legality")
    arguments = ["--devices", "NVIDIA_H200", "AMD_Instinct_MI300X", "AMD_Instinct_MI350X"]
    arguments += ["--source", "NVIDIA_H100_80GB_HBM3", "--destination", "AMD_Instinct_MI300X"]
    arguments += ["--history", HISTORY_FILE]
    arguments += ["--triples", corpus / "triples.parquet", "--shapes", corpus / "shapes.parquet"]
    arguments += ["--compiled", *compiled, "--out", folder / "legality"]
    arguments += ["--out-triples", folder / "triples"]
    assert main([str(argument) for argument in arguments]) == 0
    return folder


def test_recorded_matrix_covers_every_committed_entry(results: Path) -> None:
    table = read_table(results / "legality", LEGALITY)
    rows = read_table(HISTORY_FILE, HISTORY)
    committed = rows[rows["status"] == "config"]
    for target, mine in table.groupby("target"):
        assert mine["configs"].sum() == len(committed), target
        assert (mine["legal"] <= mine["legal_carried"]).all()
        refused = mine["reasons"].map(lambda text: sum(json.loads(text).values()))
        assert (refused == mine["configs"] - mine["legal_carried"]).all()
    assert not table["reasons"].str.contains(Rejection.NOT_COMPILED).any()


def test_recorded_own_configs_are_legal(results: Path) -> None:
    """What a GPU's own files hold ran there, so the judgement must let it pass."""
    table = read_table(results / "legality", LEGALITY)
    own = table[(table["source"] == table["target"]) & (table["target"] == MI300X.name)]
    assert (own["legal"] == own["configs"]).all()


def test_all_269_triples_are_judged_and_none_is_measured(results: Path, corpus: Path) -> None:
    table = read_table(results / "triples", TRIPLES_LEGALITY)
    assert len(table) == table["cell_id"].nunique() == 269
    assert set(table["outcome"]) == {"not_measured"}
    assert set(table["outcome_reason"]) == {"device_absent"}
    assert table["target_legal"].all()
    assert table["target_searched"].all()
    assert not table["carried_searched"].any()  # the ROCm search writes keys that NVIDIA's has not
    refused = table[~table["legal"]]
    assert set(refused["stage"]) <= set(Stage)
    assert set(refused["reason"]) <= {Rejection.SHARED_MEMORY, Rejection.COMPILE_ERROR}
    triples = read_table(corpus / "triples.parquet", TRIPLES)
    shapes = read_table(corpus / "shapes.parquet", SHAPES)
    cell = table["cell_id"].str.split("/").str
    assert set(cell[1]) <= set(shapes["shape_id"])
    pair = (triples["source"] == "NVIDIA_H100_80GB_HBM3") & (triples["target"] == MI300X.name)
    assert sorted(table["source_file"]) == sorted(triples.loc[pair, "source_file"])
