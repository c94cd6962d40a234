"""What runtimes ship, by invented histories and by the recorded ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.config import Config
from scripts.lib.runtimes.runtime import SGLANG, VLLM
from scripts.lib.runtimes.shipped import shipped
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY
from scripts.lib.shape import Shape
from scripts.lib.tables import write_table
from tests.transfer.study import filled

SHAPE = Shape(8, 64, 4096, 2, "bf16")
NAME = "E=8,N=64,device_name=NVIDIA_H200.json"
FIRST, SECOND = Config(16, 64, 128, 1, 4, 3), Config(64, 128, 64, 16, 8, 3)
DAY = pd.Timestamp("2025-03-02", tz="UTC")


def row(file: str, batch: int, config: Config, **more: object) -> dict[str, object]:
    return {
        "file": file, "batch": batch, "position": batch, "config_id": config.id, "status": "config",
        "last_commit_date": DAY, "pinned_commit": "abc", "last_date": DAY, "pinned": "0.5.23",
        "present": True, **more,
    }  # fmt: skip


def table(path: Path, schema, *rows: dict[str, object]) -> Path:
    names = set(schema.names)
    kept = [{key: value for key, value in one.items() if key in names} for one in rows]
    write_table(path, filled(schema, kept), schema)
    return path


def test_vllm(tmp_path: Path) -> None:
    rejected = row(NAME, 8, FIRST, status="rejected")
    rows = row(NAME, 64, SECOND), row(NAME, 1, FIRST), rejected, row("other.json", 4, SECOND)
    path = table(tmp_path / "history.parquet", HISTORY, *rows)
    found = shipped(VLLM, SHAPE, "NVIDIA_H200", path)
    assert found is not None and found.file == NAME and found.triton is None
    assert list(found.configs.items()) == [(1, FIRST), (64, SECOND)]
    assert (found.at(30), found.at(40), found.changed) == (FIRST, SECOND, "2025-03-02")
    assert shipped(VLLM, Shape(8, 128, 4096, 2, "bf16"), "NVIDIA_H200", path) is None
    assert shipped(VLLM, Shape(8, 64, 4096, 2, "mxfp4_w4a16"), "NVIDIA_H200", path) is None


def test_sglang_takes_the_newest_triton_of_those_that_are_still_there(tmp_path: Path) -> None:
    rows = [
        row(f"triton_3_{n}_0/{NAME}", 1, config, triton_version=f"3.{n}.0", present=there)
        for n, config, there in ((3, SECOND, True), (10, FIRST, True), (11, SECOND, False))
    ]
    path = table(tmp_path / "history.parquet", RUNTIME_HISTORY, *rows)
    found = shipped(SGLANG, SHAPE, "NVIDIA_H200", path)
    assert found is not None and found.triton == "3.10.0" and found.configs == {1: FIRST}


@pytest.mark.parametrize(
    ("runtime", "shape", "gpu", "file"),
    [
        (VLLM, "fp8_w8a8_b128x128", "NVIDIA_H20",
         "E=256,N=256,device_name=NVIDIA_H20,dtype=fp8_w8a8,block_shape=[128,128].json"),
        (VLLM, "int8_w8a16", "NVIDIA_H20", None),
        (SGLANG, "int8_w8a16", "NVIDIA_H20", None),
    ],
)  # fmt: skip
def test_of_the_recorded_histories(runtime, shape: str, gpu: str, file: str | None) -> None:
    found = shipped(runtime, Shape(256, 256, 7168, 8, shape), gpu)
    assert (found and found.file) == file
