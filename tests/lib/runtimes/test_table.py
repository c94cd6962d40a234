"""The rules against the loaders of released versions, read from the package index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.runtimes.releases.loader import Loader, NotFoundError
from scripts.lib.runtimes.releases.request import request
from scripts.lib.runtimes.releases.wheel import UnreachableError
from scripts.lib.runtimes.table import (
    CONFIGS,
    DEVICES,
    SCHEMES,
    Row,
    lines,
    main,
    open_releases,
    rows,
)
from scripts.lib.shape import Shape

RELEASES = [
    ("vllm", "0.14.0"), ("vllm", "0.20.0"), ("vllm", "0.24.0"), ("vllm", "0.33.0"),
    ("sglang", "0.5.5.post3"), ("sglang", "0.5.10"), ("sglang", "0.5.23"),
]  # fmt: skip
INT4 = Shape(8, 3584, 4096, 2, "int4_w4a16")


def opened(runtime: str, version: str) -> Loader:
    try:
        return next(iter(open_releases({runtime: [version]})))
    except UnreachableError as error:
        pytest.skip(f"the package index cannot be reached: {error}")


@pytest.fixture(scope="module", params=RELEASES, ids="-".join)
def loader(request: pytest.FixtureRequest) -> Loader:
    return opened(*request.param)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_release_does_what_the_rules_say(loader: Loader, scheme: str) -> None:
    found = list(rows([loader], [scheme], DEVICES, batches=range(1, 16_385, 61)))
    assert [row for row in found if not row.agrees] == []
    assert len(found) > len(DEVICES)


def test_every_number_of_tokens_finds_its_entry(loader: Loader) -> None:
    (row,) = rows([loader], ["bf16"], ["NVIDIA_H200"])
    assert row.why is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_runtime_files(tmp_path, INT4, "NVIDIA_H200", CONFIGS, "3.6.0")
    return tmp_path


def test_sglangs_kernel_does_not_take_split_k(folder: Path) -> None:
    loader, asked = opened("sglang", "0.5.23"), request(INT4, "NVIDIA_H200")
    entry = loader.find(folder / "sglang", asked, "3.6.0")(64)
    assert loader.launch(asked, 64, entry) == 1
    with pytest.raises(KeyError, match="SPLIT_K"):
        loader.launch(asked, 64, entry | {"SPLIT_K": 1})


def test_vllms_kernel_does_not_go_without(folder: Path) -> None:
    loader, asked = opened("vllm", "0.24.0"), request(INT4, "NVIDIA_H200")
    entry = dict(loader.find(folder / "vllm", asked, "3.6.0")(64))
    assert loader.launch(asked, 64, entry) == 1
    del entry["SPLIT_K"]
    with pytest.raises(TypeError, match="SPLIT_K"):
        loader.launch(asked, 64, entry)
    with pytest.raises(RuntimeError, match="BLOCK_SIZE_M 128"):
        loader.launch(asked, 1, entry | {"BLOCK_SIZE_M": 128})


def test_launches_bind_where_other_tests_were_interpreting() -> None:
    one = f"{__file__}::{test_vllms_kernel_does_not_go_without.__name__}"
    code = f"import sys, pytest, triton; sys.exit(pytest.main([{one!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "TRITON_INTERPRET": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_file_of_the_whole_size_is_not_found(folder: Path) -> None:
    loader, asked = opened("sglang", "0.5.23"), request(INT4, "NVIDIA_H200")
    file = next((folder / "sglang").rglob("*.json"))
    file.rename(file.with_name(file.name.replace("N=1792", "N=3584")))
    with pytest.raises(NotFoundError):
        loader.find(folder / "sglang", asked, "3.6.0")(64)


def test_sglang_raises_on_a_folder_that_is_not_digits(folder: Path) -> None:
    loader, asked = opened("sglang", "0.5.23"), request(INT4, "NVIDIA_H200")
    folder_of_triton = next((folder / "sglang/configs").iterdir())
    folder_of_triton.rename(folder_of_triton.with_name("triton_3_6_0rc1"))
    with pytest.raises(ValueError, match="0rc1"):
        loader.find(folder / "sglang", asked, "3.6.0")(64)


def test_a_key_that_is_no_number_stops_sglang(folder: Path) -> None:
    loader, asked = opened("sglang", "0.5.23"), request(INT4, "NVIDIA_H200")
    file = next((folder / "sglang").rglob("*.json"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"triton_version": "3.6.0"}))
    with pytest.raises(ValueError, match="triton_version"):
        loader.find(folder / "sglang", asked, "3.6.0")(64)


def test_lines_name_what_the_rules_do_not_say() -> None:
    right = Row("vllm", "0.24.0", "bf16", "X", "3.6.0", None, None)
    known = Row("sglang", "0.5.5", "int8_w8a8", "X", "3.6.0", "not found", "asks for another")
    wrong = Row("vllm", "0.24.0", "fp16", "X", "3.6.0", "not found", None)
    assert list(lines([right, known, wrong])) == [
        "sglang 0.5.5: 1 not found: asks for another (int8_w8a8)",
        "WRONG vllm 0.24.0 fp16 X Triton 3.6.0: not found; the rules say: found",
        "3 rows: 1 found and taken, 2 not found, 0 of number formats that the runtime reads no file"
        " for; 1 other than the rules say",
    ]


def test_a_release_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--vllm", "0.0.0", "--sglang"]) == 2
    said = capsys.readouterr().err
    assert "error: a release cannot be read: vllm 0.0.0: " in said
    assert "Traceback" not in said
