"""Files that are in order and files that are not, in both runtimes' layouts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.health.check import main
from scripts.health.finding import MEASURED, Finding, Level
from scripts.health.measured import outdone
from scripts.health.trials import Decided, Word
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.recordings import DATASETS, recordings
from scripts.lib.runtimes.default_config import default_config, newest_default
from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.openings import EXPECTED
from scripts.lib.shape import BATCH_LADDER, Shape
from scripts.lib.tables import write_table
from tests.catalogue.conftest import expected_row
from tests.transfer.study import filled
from tests.tune.conftest import DEVICE

SHAPE = Shape(24, 1440, 2880, 4, "bf16")
H200 = find_device(DEVICE)
# What the runtime would launch anyway is behind nothing.
GOOD = {m: default_config(SHAPE, m) for m in BATCH_LADDER}


@pytest.fixture
def evidence(world, tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("evidence")
    row = {"scheme": "bf16", "E": 24, "N": 1440, "K": 2880, "top_k": 4, "shape_id": SHAPE.id}
    write_table(folder / "shapes.parquet", filled(SHAPES, [row]), SHAPES)
    rows = [expected_row("all"), expected_row("all", formats="all")]
    expected = pd.DataFrame(rows, columns=EXPECTED.names)
    write_table(folder / "expected.parquet", expected, EXPECTED)
    return [
        "--sim", str(world.where.model), "--spaces", str(world.where.spaces),
        "--shapes", str(folder / "shapes.parquet"), "--expected", str(folder / "expected.parquet"),
    ]  # fmt: skip


@pytest.fixture
def check(evidence, capsys, tmp_path):
    def run(*more: str, folder: Path = tmp_path) -> tuple[int, dict[str, dict]]:
        status = main([str(folder), "--json", *evidence, *more])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, {one["file"]: one for one in json.loads(said.out)}

    return run


def found(verdict: dict, level: str | None = None) -> list[tuple[str, str]]:
    return [
        (one["level"], one["what"]) for one in verdict["findings"] if level in (None, one["level"])
    ]


def words(verdict: dict) -> str:
    return "\n".join(one["words"] for one in verdict["findings"])


def file_of(folder: Path, runtime: str = "vllm", configs=GOOD, **more) -> Path:
    shape = Shape(**{**vars(SHAPE), **more})
    path = write_runtime_files(folder, shape, DEVICE, configs, "3.6.0", [runtime])[runtime]
    assert path is not None
    return path


def edit(path: Path, **entries: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_files_as_they_are_written_are_in_order(check, tmp_path: Path) -> None:
    for runtime in ("vllm", "sglang"):
        file_of(tmp_path, runtime)
    status, verdicts = check()
    assert status == 0 and len(verdicts) == 2
    by = {one["file"].split("/")[0]: one for one in verdicts.values()}
    assert by["vllm"]["found_by"] == {"vllm": "0.14.0 to 0.33.0"} and by["vllm"]["findings"] == []
    assert by["sglang"]["found_by"] == {"sglang": "0.5.5.post3 to 0.5.23"}
    assert found(by["sglang"]) == [("note", "triton")]
    assert by["vllm"]["rows"] == 18


@pytest.mark.parametrize(
    ("runtime", "entries", "says"),
    [
        ("vllm", {"author": "me"}, "key 'author' is no batch size"),
        ("vllm", {"64": {"BLOCK_SIZE_M": 16}}, "missing key BLOCK_SIZE_N"),
        ("vllm", {"64": 7}, "M = 64: 7 is no entry"),
        ("vllm", {"8": GOOD[8].to_entry() | {"BLOCK_SIZE_M": 2**70}}, "more than 32 bits hold"),
        ("sglang", {"triton_version": "3.6.0"}, "sglang makes a number of every key"),
        ("vllm", {"8": GOOD[8].to_entry() | {"kpack": 2}}, "kpack is read by AMD's compiler alone"),
    ],
)
def test_what_a_loader_raises_on(check, tmp_path, runtime, entries, says) -> None:
    edit(file_of(tmp_path, runtime), **entries)
    status, verdicts = check()
    (one,) = verdicts.values()
    assert status == 1 and ("wrong", "body") in found(one) and says in words(one)


def test_text_that_is_no_json_or_says_a_thing_twice(check, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    whole = path.read_text()
    path.write_text(whole[:-4])
    (one,) = check()[1].values()
    assert "is not valid JSON" in words(one) and ("note", "triton") not in found(one)
    path.write_text(whole.replace('"2": {', '"1": {', 1))
    assert "key 1 stands in it twice" in words(next(iter(check()[1].values())))
    path.write_text("[" * 100_000)
    (one,) = check()[1].values()
    assert "is not valid JSON" in words(one) and ("note", "history") not in found(one)


@pytest.mark.parametrize(
    ("end", "level", "says"),
    [
        ("NVIDIA_H200,dtype=float8", "wrong", "no runtime asks for this name"),
        ("NVIDIA_H200_lmdeploy", "wrong", "ends with _lmdeploy, as another loader's do"),
        ("NVIDIA_H2000", "note", "no GPU called NVIDIA_H2000 is known here (nearest: NVIDIA_H200"),
        ("NVIDIA_H200,dtype=int8_w8a8,per_channel_quant=True", "wrong",
         "only sglang asks for this name, and looks for it in a folder configs/triton_3_6_0"),
    ],
)  # fmt: skip
def test_names_that_are_not_asked_for(check, tmp_path: Path, end, level, says) -> None:
    path = file_of(tmp_path)
    path.rename(path.with_name(f"E=24,N=1440,device_name={end}.json"))
    status, verdicts = check()
    (one,) = verdicts.values()
    assert [f["level"] for f in one["findings"] if says in f["words"]] == [level]
    assert status == (level == "wrong")


def test_a_folder_that_sglang_raises_on(check, tmp_path: Path) -> None:
    folder = file_of(tmp_path, "sglang").parent
    folder.rename(folder.with_name("triton_3_6_0rc1"))
    status, verdicts = check()
    (one,) = verdicts.values()
    assert status == 1 and ("wrong", "triton") in found(one)


def test_holes_and_order_are_worth_a_word(check, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    body = json.loads(path.read_text())
    path.write_text(json.dumps({key: body[key] for key in ("64", "1")}))
    status, verdicts = check()
    (one,) = verdicts.values()
    ladder = [f for f in one["findings"] if f["what"] == "ladder"]
    assert status == 0 and ladder[0]["tokens"] == sorted(set(BATCH_LADDER) - {1, 64})
    assert "do not ascend" in ladder[1]["words"]


def test_stale_or_unstated_triton(check, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    for said, says in (("3.2.0", "stale for 3.6.0"), ("new", "which is no version")):
        edit(path, triton_version=said)
        assert says in words(next(iter(check()[1].values())))
    assert found(next(iter(check("--triton", "3.1.0")[1].values()))) == [("note", "triton")]
    body = json.loads(path.read_text())
    path.write_text(json.dumps({key: one for key, one in body.items() if key.isdigit()}))
    assert "does not say under which Triton" in words(next(iter(check()[1].values())))


@pytest.mark.parametrize("key", ["BLOCK_SIZE_M", "BLOCK_SIZE_K", "num_warps"])
def test_what_triton_does_not_compile(check, tmp_path: Path, key: str) -> None:
    edit(file_of(tmp_path), **{"8": GOOD[8].to_entry() | {key: 48}})
    status, verdicts = check()
    (one,) = verdicts.values()
    assert status == 1 and f"{key} is no power of two" in words(one)


def test_a_gpu_whose_limits_nobody_knows(check, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    gpu = "Intel(R)_Arc(TM)_Pro_B60_Graphics"
    path.rename(path.with_name(path.name.replace(DEVICE, gpu)))
    status, verdicts = check()
    (one,) = verdicts.values()
    assert status == 0 and "its rows are not judged" in words(one)


def test_a_row_that_cannot_launch(check, tmp_path: Path) -> None:
    # Two tiles of 256 x 128 elements of 2 bytes in 4 stages: 512 KiB, and there are 227.
    file_of(tmp_path, configs=GOOD | {16: Config(256, 256, 128, 1, 8, 4)})
    status, verdicts = check()
    (one,) = verdicts.values()
    (illegal,) = [f for f in one["findings"] if f["what"] == "legality"]
    assert illegal["tokens"] == [16] and "bytes of shared memory a block" in illegal["words"]
    assert status == (1 if illegal["level"] == "wrong" else 0)


def test_a_row_predicted_far_behind_the_default(check, tmp_path: Path) -> None:
    slow = Config(256, 32, 64, 1, 8, 2)
    file_of(tmp_path, configs=GOOD | {1: slow})
    status, verdicts = check()
    (one,) = verdicts.values()
    (behind,) = [f for f in one["findings"] if f["what"] == "predicted" and f["tokens"] == [1]]
    assert status == 0 and slow.id in behind["words"] and "behind vLLM's default" in behind["words"]


def test_rows_are_held_against_what_was_measured(check, tmp_path: Path) -> None:
    """The slowest recorded config of a cell is behind, the fastest is not."""
    name = next(one for one in recordings(*DATASETS, device=DEVICE) if "bf16" in one.name)
    trials = pd.read_parquet(Path(name.path, "trials.parquet"))
    shape = Shape(8, 3584, 4096, 2, "bf16")
    cell = f"{DEVICE}/{shape.id}/M64"
    mine = trials[(trials["cell_id"] == cell) & trials["median_us"].notna()]
    mine = mine.sort_values("median_us")
    fastest, slowest = (_parsed(mine.iloc[place]["config_id"]) for place in (0, -1))
    default = newest_default(shape, 64, H200)
    us = dict(zip(mine["config_id"], mine["median_us"], strict=True))
    assert default is not None
    for config in (fastest, slowest):
        file_of(tmp_path, configs=dict.fromkeys(BATCH_LADDER, config), experts=8,
                intermediate=3584, hidden=4096, top_k=2)  # fmt: skip
        (one,) = check()[1].values()
        said = [f["words"] for f in one["findings"] if f["what"] == "measured"]
        at = [line for line in said if line.startswith("M = 64 ") and "default" in line]
        assert bool(at) == (config is slowest)
    behind = us[slowest.id] / us[default.id] - 1
    stated = float(at[0].split(" is ")[1].split("%")[0]) / 100
    assert stated == pytest.approx(behind, rel=0.1) and np.isfinite(stated)


def test_finals_held_now_outdo_a_recording() -> None:
    """What a recording calls behind is a note where the row was kept, and stands elsewhere."""
    recorded = [Finding(Level.BEHIND, MEASURED, "slow", (tokens,)) for tokens in (64, 96)]
    tried = [Decided(64, "A", Word.KEEP), Decided(96, "A", Word.RETUNE, "B")]
    levels = [outdone(one, tried).level for one in recorded]
    assert levels == [Level.NOTE, Level.BEHIND]
    assert [outdone(one, ()).level for one in recorded] == [Level.BEHIND] * 2


def _parsed(text: str) -> Config:
    from scripts.lib.config import parse_id

    return parse_id(text)


def test_against_what_the_runtime_ships(check, tmp_path: Path) -> None:
    file_of(tmp_path, experts=8, intermediate=3584, hidden=4096, top_k=2)
    (one,) = check()[1].values()
    assert "vllm ships another, last changed " in words(one) and "it differs at M = " in words(one)


def test_for_a_reader(evidence, tmp_path, capsys) -> None:
    good, bad = file_of(tmp_path / "a"), file_of(tmp_path / "b", intermediate=2880)
    edit(bad, author="me")
    assert main([str(tmp_path), *evidence]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{good.relative_to(tmp_path)}: 18 rows, looked up by vllm 0.14.0 to 0.33.0"
    assert said[-1] == "2 files: 1 with wrong, 0 with behind, 0 with note; 1 in order"
    assert main([str(tmp_path), "--quiet", *evidence]) == 1
    assert str(good.relative_to(tmp_path)) not in capsys.readouterr().out
    assert main([str(good), "--quiet", *evidence]) == 0
    assert (
        capsys.readouterr().out == "1 file: 0 with wrong, 0 with behind, 0 with note; 1 in order\n"
    )


def test_what_cannot_be_read(tmp_path, capsys) -> None:
    assert main([str(tmp_path / "none")]) == 2
    assert "none: not found; name a folder" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "holds no config file" in capsys.readouterr().err
