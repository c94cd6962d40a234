"""Files without the GPU: what they say of themselves, and that released loaders take them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.catalogue.config import main
from scripts.catalogue.known import Known, Where
from scripts.catalogue.naming import compiled
from scripts.catalogue.rows import rows
from scripts.lib.config import from_entry, parse_id
from scripts.lib.device import find_device
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.runtimes.releases.request import request
from scripts.lib.shape import BATCH_LADDER, nearest_batch, parse_shape
from scripts.sim.facts import read_facts
from scripts.sim.predict import predict
from scripts.sim.simulator import load
from scripts.transfer.legal import LegalSpace
from tests.catalogue.conftest import BAND
from tests.lib.runtimes.test_table import opened
from tests.tune.conftest import BATCHES, DEVICE, LAYER

# A layer that nobody has a file for.
UNKNOWN = "E24-N1440-K2880-top4-bf16"


@pytest.fixture
def given(world, expected, shapes, tmp_path):
    """The command line in the small world."""

    def arguments(*more: str) -> list[str]:
        where = world.where
        return [
            "--gpu", DEVICE, "--out", str(tmp_path), "--build", str(tmp_path),
            "--history", str(where.history), "--shapes", str(shapes), "--spaces",
            str(where.spaces), "--sim", str(where.model), "--recorded",
            *map(str, where.recorded), "--expected", str(expected), *more,
        ]  # fmt: skip

    return arguments


@pytest.fixture
def answer(given, tmp_path, capsys) -> tuple[dict, str, Path]:
    assert main(given("--shape", UNKNOWN)) == 0
    (layer,) = json.loads((tmp_path / "config.json").read_text())["layers"]
    return layer, capsys.readouterr().out, tmp_path


def test_the_first_line_says_what_there_is(answer) -> None:
    _, said, _ = answer
    first = said.splitlines()[0]
    assert first == (
        f"{UNKNOWN} on {DEVICE}: vllm ships no file; sglang ships no file; graphx has not tuned it"
    )


def test_each_row_has_its_origin_and_what_to_expect(world, answer) -> None:
    layer, said, _ = answer
    assert [row["tokens"] for row in layer["rows"]] == list(BATCH_LADDER)
    assert layer["status"] == "predicted"
    shape, h200 = parse_shape(UNKNOWN), find_device(DEVICE)
    simulator, facts = load(world.where.model), read_facts(world.where.spaces.glob("*.parquet"))
    # The invented table has no row for this GPU.
    assert layer["confidence"]["level"] == "GPU out"
    moved = 0
    for row in layer["rows"]:
        default = newest_default(shape, row["tokens"], h200)
        assert default is not None and from_entry(row["entry"]).id == row["config_id"]
        assert row["confidence"] == "GPU out"
        if row["source"] == "default":
            assert row["config_id"] == default.id
            assert row["ratio"] == row["low"] == row["high"] == 1.0
            continue
        moved += 1
        cell = f"{DEVICE}/{UNKNOWN}/M{row['tokens']}"
        asked = pd.DataFrame({"cell_id": [cell] * 2, "config_id": [row["config_id"], default.id]})
        us = predict(asked, facts, simulator)["predicted_us"]
        assert row["ratio"] == pytest.approx(us[0] / us[1], abs=1e-4) and row["ratio"] < 0.99
        assert row["low"] == pytest.approx(row["ratio"] * BAND["low"], abs=1e-4)
        assert row["high"] == pytest.approx(row["ratio"] * BAND["high"], abs=1e-4)
    assert moved
    mean = np.exp(np.mean(np.log([row["ratio"] for row in layer["rows"]])))
    assert layer["ratio"] == pytest.approx(mean, abs=1e-3)
    assert layer["interval"] == pytest.approx([mean * 0.5, mean * BAND["high"]], abs=1e-3)
    assert "86% of 110 held-out rows in bf16 lay in theirs" in said and "none of them this" in said
    assert layer["kernel"].startswith("graphx's own kernel") and f"timed: {layer['kernel']}" in said


@pytest.mark.parametrize(("package", "version"), [("vllm", "0.33.0"), ("sglang", "0.5.23")])
def test_released_loaders_take_the_files(answer, package: str, version: str) -> None:
    layer, said, folder = answer
    entries = {row["tokens"]: row["entry"] for row in layer["rows"]}
    asked = request(parse_shape(UNKNOWN), DEVICE)
    find = opened(package, version).find(folder / package, asked, "3.6.0")
    for tokens in range(1, 16_385, 61):
        assert find(tokens) == entries[nearest_batch(tokens, list(BATCH_LADDER))]
    variable = {"vllm": "VLLM_TUNED_CONFIG_FOLDER", "sglang": "SGLANG_MOE_CONFIG_DIR"}[package]
    assert f"{variable}={folder}/{package} " in said.splitlines()[-1 - (package == "vllm")]


def test_nothing_is_written_for_a_runtime_that_ships_a_file(given, capsys) -> None:
    assert main(given("--shape", LAYER, "--json")) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    assert "vllm" in layer["shipped"] and "vllm" not in layer["files"]
    # Of this layer a run of the tuner is recorded.
    assert layer["status"] == "tuned" or not layer["files"]


def test_what_a_shipped_file_is_expected_to_be_worth_is_said(given, capsys) -> None:
    assert main(given("--shape", LAYER)) == 0
    said = capsys.readouterr().out
    assert f"{LAYER} on {DEVICE}: vllm ships E=" in said
    assert "\nvllm's file: " in said


def test_recorded_rows(world, expected, shapes, tmp_path) -> None:
    where = world.where
    known = Known(
        Where(where.recorded, where.spaces, tmp_path, where.history, shapes, where.model, expected)
    )
    us = json.loads(world.us.read_text())
    shape = parse_shape(LAYER)
    (found,) = rows(known, {(DEVICE, shape): BATCH_LADDER}).values()
    for row in found:
        if row.tokens not in BATCHES:
            assert row.source != "measured"
            continue
        measured = us[str(row.tokens)]
        default = newest_default(shape, row.tokens, find_device(DEVICE))
        assert row.source == row.confidence == "measured" and default is not None
        # To the drift of the GPU, which is taken out.
        assert measured[row.config.id] == pytest.approx(min(measured.values()), rel=0.02)
        assert row.ratio == pytest.approx(measured[row.config.id] / measured[default.id], rel=0.02)
        assert row.low is not None and row.high is not None and row.low <= row.ratio <= row.high


def test_a_layer_that_ships_is_said_to(capsys, tmp_path, expected, shapes, world) -> None:
    given = ["--gpu", "H20", "--model", "DeepSeek-V3", "--tp", "8", "--out", str(tmp_path)]
    given += ["--sim", str(world.where.model), "--shapes", str(shapes)]
    assert main([*given, "--expected", str(expected)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("E256-N256-K7168-top8-fp8_w8a8_b128x128 on NVIDIA_H20: vllm ships E=")
    at = said.index("sglang treats the shared experts of DeepSeek-V3 as routed ones:")
    assert "E257-N256-K7168-top9" in said[at + 1] and "sglang ships triton_" in said[at + 1]
    assert not list(tmp_path.rglob("*device_name*"))
    assert "vllm: no file was written, it reads its own" in said
    assert main([*given, "--expected", str(expected), "--batches", "8192"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "vllm: no file was written, it reads its own, which has no row for M = 8192" in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--model", "gpt-oss-120b"], "no runtime reads a config file for mxfp4_w4a16: "),
        (["--model", "Mixtral-8x7B", "--format", "int8_w8a8", "--runtime", "vllm"],
         "vllm has no name of its own for it"),
        (["--model", "Mixtrl-8x7B"], "nearest: Mixtral-8x7B"),
        (["--model", "Mixtral-8x7B", "--tp", "3"], "--tp 3: "),
        (["--shape", UNKNOWN, "--triton", "new"], "triton 'new': is no version"),
        (["--gpu", "H20", "--model", "DeepSeek-V3", "--tp", "8", "--triton", ""],
         "triton '': is no version"),
    ],
)  # fmt: skip
def test_one_line_says_why_not(given, tmp_path, capsys, more, words) -> None:
    assert main(given(*more)) == 2
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said
    assert not list(tmp_path.rglob("*device_name*"))


def test_defaults_on_amd_are_judged_by_the_binary_that_has_their_tiles() -> None:
    same = parse_id("M16-N64-K128-G1-W4-S2-E0-I16-P1")
    legal = LegalSpace([parse_id("M32-N64-K128-G1-W4-S2-E0-I16-P1"), same])
    assert compiled(parse_id("M16-N64-K128-G1-W4-S2"), legal) == same
    assert compiled(parse_id("M64-N64-K128-G1-W4-S2"), legal).id == "M64-N64-K128-G1-W4-S2"
