"""Records of tuning become the files that the runtimes look up, one for each layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.export.configs import main, read_tuned, write
from scripts.lib.config import Config, from_entry
from scripts.lib.files import InputError
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.runtimes.runtime import SGLANG, VLLM, Runtime
from scripts.lib.shape import BATCH_LADDER, Shape
from tests.statistics import planted_health as planted

DEVICE, TRITON = "NVIDIA_H200", "3.6.0"
CONFIGS = {
    tokens: Config(16, 64, 128, 1, 4, 2 + place % 4) for place, tokens in enumerate(BATCH_LADDER)
}


def layer(scheme: str = "bf16", experts: int = 8) -> Shape:
    return Shape(experts, 3584, 4096, 2, scheme)


def record(shape: Shape | None = None, **more: Any) -> dict[str, Any]:
    batches = [{"tokens": m, "config_id": c.id, "trials": 9} for m, c in CONFIGS.items()]
    about = {"shape": (shape or layer()).id, "device": DEVICE, "triton": TRITON}
    return about | {"batches": batches} | more


def put(folder: Path, name: str, value: object) -> Path:
    path = folder / name / "tuned.json"
    path.parent.mkdir()
    path.write_text(json.dumps(value))
    return path


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("scheme", ["bf16", "fp8_w8a8_b128x128", "fp8_w8a8_channel"])
def test_both_runtimes_find_all_batch_sizes(tmp_path: Path, scheme: str) -> None:
    out = tmp_path / "out"
    written = write([put(tmp_path, "one", record(layer(scheme)))], out)
    vllm = out / "vllm" / VLLM.path(layer(scheme), DEVICE, TRITON)
    sglang = out / "sglang" / SGLANG.path(layer(scheme), DEVICE, TRITON)
    assert written == files(out) == sorted([vllm, sglang])
    assert sglang.parent == out / "sglang/configs/triton_3_6_0"
    read = json.loads(vllm.read_text())
    assert read.pop("triton_version") == TRITON
    assert read == json.loads(sglang.read_text())
    assert {int(tokens): from_entry(entry) for tokens, entry in read.items()} == CONFIGS
    assert len(read) == 18


def test_a_runtime_without_a_name_for_the_formats_gets_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = write([put(tmp_path, "one", record(layer("int8_w8a8")))], out)
    assert {path.relative_to(out).parts[0] for path in written} == {"sglang"}
    assert files(out) == written


def test_formats_that_no_runtime_reads_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read, unread = (
        put(tmp_path, name, record(layer(name))) for name in ("int8_w8a8", "mxfp4_w4a16")
    )
    assert main(["--tuned", str(read), str(unread), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert f"error: {unread}: no runtime reads a config file for mxfp4_w4a16: vllm runs" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("device", "vllm", "sglang"),
    [
        ("Radeon_8060S_Graphics", "AMD_Radeon_8060S", "Radeon_8060S_Graphics"),
        ("AMD_Radeon_R9700", "AMD_Radeon_R9700", "AMD_Radeon_AI_PRO_R9700"),
        ("AMD_Instinct_MI325_OAM", "AMD_Instinct_MI325X", "AMD_Instinct_MI325_OAM"),
        ("NVIDIA H200 NVL", "NVIDIA_H200", "NVIDIA_H200_NVL"),
    ],
)
def test_a_gpu_is_named_as_each_runtime_asks(
    tmp_path: Path, device: str, vllm: str, sglang: str
) -> None:
    out = tmp_path / "out"
    path = put(tmp_path, "one", record(device=device, triton="3.6.0+rocm7"))
    assert main(["--tuned", str(path), "--out", str(out)]) == 0
    stem = "E=8,N=3584,device_name="
    assert {str(file.relative_to(out)) for file in files(out)} == {
        f"vllm/{stem}{vllm}.json",
        f"sglang/configs/triton_3_6_0/{stem}{sglang}.json",
    }


def test_each_layer_has_files_of_its_own(tmp_path: Path) -> None:
    paths = [put(tmp_path, str(e), record(layer(experts=e))) for e in (8, 16)]
    written = write(paths, tmp_path / "out")
    assert len(written) == len(set(written)) == 4
    assert [path.name[:4] for path in written] == ["E=16", "E=8,"] * 2


def test_two_records_of_a_layer_are_refused_by_name(tmp_path: Path) -> None:
    first, second = (put(tmp_path, name, record()) for name in "ab")
    with pytest.raises(InputError) as error:
        write([first, second], tmp_path / "out")
    assert str(error.value).startswith(f"{second}: ")
    assert f"is already that of {first};" in str(error.value)


def test_a_refused_record_leaves_the_files_of_the_first(tmp_path: Path) -> None:
    first = put(tmp_path, "a", record())
    other = [batch | {"config_id": "M64-N64-K64-G1-W4-S2"} for batch in record()["batches"]]
    with pytest.raises(InputError, match="is already that of"):
        write([first, put(tmp_path, "b", record(batches=other))], tmp_path / "out")
    for path in files(tmp_path / "out"):
        assert from_entry(json.loads(path.read_text())["64"]) == CONFIGS[64]


@pytest.mark.parametrize("field", ["triton", "shape", "device", "batches"])
def test_a_field_that_is_not_there_is_named(tmp_path: Path, field: str) -> None:
    value = record()
    del value[field]
    path = put(tmp_path, "one", value)
    with pytest.raises(InputError, match=f"{path}: is no record of tuning: '{field}'"):
        read_tuned(path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (record() | {"shape": "E8-N3584"}, "'E8-N3584' is not a shape id"),
        (record(batches=[{"tokens": 1, "config_id": "M16-N64"}]), "missing key BLOCK_SIZE_K"),
        (record(batches=[{"tokens": 1, "config_id": "M16-Z1"}]), "'M16-Z1' is not a config id"),
        (record(batches=[{"tokens": 1, "config_id": 7}]), "7"),
        (record(batches=[{"tokens": "x", "config_id": CONFIGS[1].id}]), "'x'"),
        (record(batches=[{"tokens": 1}]), "'config_id'"),
        (record(batches=None), "NoneType"),
        ([], "list"),
    ],
)
def test_what_is_not_what_it_should_be_is_named(tmp_path: Path, value: object, words: str) -> None:
    path = put(tmp_path, "one", value)
    with pytest.raises(InputError) as error:
        read_tuned(path)
    assert str(error.value).startswith(f"{path}: is no record of tuning: ")
    assert words in str(error.value)


def test_a_record_with_a_gap_writes_nothing(tmp_path: Path) -> None:
    less = [batch for batch in record()["batches"] if batch["tokens"] != 96]
    with pytest.raises(InputError, match="no config for M = 96"):
        write([put(tmp_path, "one", record(batches=less))], tmp_path / "out")
    assert not files(tmp_path / "out")


def test_main_writes_the_files_of_all_records(tmp_path: Path) -> None:
    words = ["--tuned"]
    words += [str(put(tmp_path, s, record(layer(s)))) for s in ("bf16", "int8_w8a8")]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert len(files(tmp_path / "out")) == 3


def test_main_says_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = put(tmp_path, "one", record())
    broken.write_text("{")
    absent = tmp_path / "absent.json"
    for path, words in ((broken, "not valid JSON"), (absent, "not found")):
        assert main(["--tuned", str(path), "--out", str(tmp_path / "out")]) == 2
        assert f"error: {path}: {words}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_operator_has_the_last_word_where_it_measured_all_batch_sizes(tmp_path: Path) -> None:
    whole, half = planted.SHAPES  # of the second, half of the batch sizes
    paths = [put(tmp_path, name, record(shape)) for name, shape in (("a", whole), ("b", half))]
    out = tmp_path / "out"
    write(paths, out, [planted.written(tmp_path / "op")])

    def rows(runtime: Runtime, name: str, shape: Shape) -> dict[int, Config]:
        read = json.loads((out / name / str(runtime.path(shape, DEVICE, TRITON))).read_text())
        return {int(m): from_entry(entry) for m, entry in read.items() if m.isdigit()}

    found = rows(VLLM, "vllm", whole)
    assert rows(VLLM, "vllm", half) == rows(SGLANG, "sglang", whole) == CONFIGS
    for tokens, (committed, default, fast, _) in planted.TRUTH.items():
        config, own = found[tokens], default_config(whole, tokens)
        if fast < 0.99 * min(committed, default):
            assert config.id == planted.FAST, tokens
        else:  # what stands without the file, or what the noise of half the rounds lets pass
            assert config.id in {planted.COMMITTED, planted.FAST, own.id}, tokens
        if default < 0.95 * committed:
            assert config == own
