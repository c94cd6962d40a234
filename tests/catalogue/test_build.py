"""The catalogue's tables say what the command says, and hold nothing that it would not write."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from scripts.catalogue import build, config
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.schemas.catalogue import CATALOGUE, CATALOGUE_ROWS
from scripts.lib.schemas.openings import EXPECTED
from scripts.lib.shape import BATCH_LADDER, parse_shape
from scripts.lib.tables import read_table, write_table
from tests.catalogue.conftest import expected_row
from tests.tune.conftest import DEVICE

H100 = "NVIDIA_H100_80GB_HBM3"


@pytest.fixture(scope="module")
def where(world, shapes, tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("catalogue")
    rows = [
        expected_row("all", of=of, formats=formats)
        for of in ("row", "file", "shipped row")
        for formats in ("bf16", "all")
    ]
    table = folder / "expected.parquet"
    write_table(table, pd.DataFrame(rows, columns=EXPECTED.names), EXPECTED)
    return [
        "--build", str(folder), "--history", str(world.where.history), "--shapes", str(shapes),
        "--spaces", str(world.where.spaces), "--sim", str(world.where.model), "--recorded",
        *map(str, world.where.recorded), "--expected", str(table),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def made(where, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("made")
    out = [folder / "catalogue.parquet", folder / "catalogue_rows.parquet"]
    given = ["--gpus", DEVICE, H100, "--degrees", "2", "8", *where]
    assert build.main([*given, "--out", str(out[0]), "--out-rows", str(out[1])]) == 0
    first = [path.read_bytes() for path in out]
    assert build.main([*given, "--out", str(out[0]), "--out-rows", str(out[1])]) == 0
    assert [path.read_bytes() for path in out] == first
    return read_table(out[0], CATALOGUE), read_table(out[1], CATALOGUE_ROWS)


def test_each_entry_has_its_rows_and_its_name(made) -> None:
    entries, rows = made
    key = ["model", "scheme", "tensor_parallel", "expert_parallel", "device", "runtime"]
    assert not entries.duplicated(key).any() and len(entries) > 60
    # Only this space is known: what else is published has none here.
    assert set(entries["scheme"]) == {"bf16"} and set(entries["device"]) == {DEVICE, H100}
    by = dict(list(rows.groupby(["device", "shape_id", "runtime"])))
    for one in entries.itertuples():
        own = by[one.device, one.shape_id, one.runtime if one.status == "shipped" else ""]
        assert len(own) == one.batches
        assert one.low <= one.ratio <= one.high or one.confidence == "measured"
        assert one.ratio == pytest.approx(np.exp(np.log(own["ratio"]).mean()))
        if one.status == "shipped":
            continue
        assert own["tokens"].tolist() == list(BATCH_LADDER)
        assert (own["source"] == "default").sum() == one.kept
        assert one.file == RUNTIMES[one.runtime].file_name(parse_shape(one.shape_id), one.device)
    assert {"shipped", "predicted"} <= set(entries["status"])


def test_it_is_what_the_command_writes(made, where, tmp_path, capsys) -> None:
    entries, rows = made
    open_ones = entries[(entries["status"] == "predicted") & (entries["device"] == H100)]
    one = open_ones.iloc[len(open_ones) // 2]
    given = ["--gpu", H100, "--model", one["model"], "--tp", str(one["tensor_parallel"]),
             "--format", one["scheme"], "--runtime", one["runtime"]]  # fmt: skip
    assert config.main([*given, *where, "--out", str(tmp_path)]) == 0
    (layer,) = json.loads((tmp_path / "config.json").read_text())["layers"]
    capsys.readouterr()
    own = rows[(rows["device"] == H100) & (rows["shape_id"] == one["shape_id"])]
    assert layer["shape"] == one["shape_id"] and layer["status"] == one["status"]
    assert [row["config_id"] for row in layer["rows"]] == own["config_id"].tolist()
    assert layer["ratio"] == pytest.approx(one["ratio"], abs=1e-4)
    assert layer["interval"] == pytest.approx([one["low"], one["high"]], abs=1e-4)
    (path,) = tmp_path.rglob("E=*.json")
    assert path.name == one["file"]


def test_bad_input_is_one_line(where, tmp_path, capsys) -> None:
    out = ["--out", str(tmp_path / "a.parquet"), "--out-rows", str(tmp_path / "b.parquet")]
    assert build.main(["--gpus", "H1000", "--degrees", "1", *where, *out]) == 2
    assert "H1000" in capsys.readouterr().err
    assert build.main(["--gpus", "NVIDIA_B200", "--degrees", "1", *where, *out]) == 2
    assert "no model has a recorded space" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
