"""Compiling in child processes: facts, failures, the cache, and going on after a kill."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from kernels.formats import SCHEMES
from scripts.lib.config import Config, parse_id
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Failure
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.space import COMPILED
from scripts.lib.tables import read_table, write_table
from scripts.space.binaries import Binary
from scripts.space.cache import KERNEL_MODULES, Cache, cache_key
from scripts.space.compile import binaries_by_table, compile_missing, main
from scripts.space.compiled import compiled_table
from scripts.space.compiler import Compiler, result_of

ROOT = Path(__file__).parents[2]
SMALL = Config(16, 32, 64, 1, 4, 2)


@pytest.fixture(autouse=True)
def _compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children that compile, whatever this process itself does with the kernels."""
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("TRITON_INTERPRET", raising=False)
        process = Child(Compiler)
    yield process
    process.stop()


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A history with one config committed in a scheme of its own."""
    row = {column.name: None if column.nullable else "" for column in HISTORY.columns}
    row |= {"scheme": "int8_w8a8", "status": "config", "config_id": SMALL.id, "reachable": True}
    day = pd.Timestamp("2026-01-01", tz="UTC")
    row |= {column.name: day for column in HISTORY.columns if "date" in column.name}
    write_table(tmp_path / "history", pd.DataFrame([row]), HISTORY)
    return tmp_path / "history"


def test_facts_of_either_vendors_binaries(child: Child) -> None:
    for arch in ("sm_90", "gfx942"):
        result = child.call(Binary(arch, "bf16", SMALL), 60)
        facts = result["facts"]
        assert result["outcome"] == Outcome.CORRECT, result
        assert facts["shared_bytes"] == (16 + 32) * 64 * 2  # one stage fewer: no wgmma
        assert 16 <= facts["registers"] <= 255
        assert facts["spills"] == 0
        assert facts["tensor_ops"] > 0 < facts["global_ops"]
        assert facts["shared_ops"] + facts["global_ops"] < facts["instructions"]
        assert (facts["waves_per_simd"] is None) == (arch == "sm_90")


def test_more_registers_than_there_are_spill(child: Child) -> None:
    wide = Config(256, 256, 64, 1, 4, 2)
    result = child.call(Binary("sm_90", "bf16", wide), 120)
    assert result["facts"]["registers"] == 255
    assert result["facts"]["spills"] > 0


def test_the_compilers_words_without_places_of_this_machine(child: Child) -> None:
    fp8 = child.call(Binary("sm_80", "fp8_w8a8", SMALL), 60)
    assert fp8["outcome"] == Outcome.COMPILE_ERROR
    assert "fp8e4nv not supported in this architecture" in fp8["reason"]
    odd = child.call(Binary("sm_90", "bf16", Config(24, 32, 64, 1, 4, 2)), 60)
    assert "power of" in odd["reason"]
    for result in (fp8, odd):
        assert str(ROOT) not in result["reason"]
        assert len(result["reason"]) <= 200
    assert child.call(Binary("sm_90", "bf16", SMALL), 60)["reason"] is None


def test_a_crash_and_a_hang_are_results() -> None:
    died = result_of(Failure("died", "worker killed by SIGABRT"), 1.5)
    assert (died["outcome"], died["reason"]) == (
        Outcome.COMPILE_ERROR,
        "died: worker killed by SIGABRT",
    )
    assert result_of(Failure("hung", "no answer"), 1.5)["outcome"] == Outcome.TIMEOUT


def test_a_compiler_that_hangs_costs_its_own_binary(tmp_path: Path) -> None:
    binaries = [Binary("sm_90", "bf16", SMALL), Binary("sm_80", "bf16", SMALL)]
    with closing(Cache(tmp_path / "cache")) as cache:
        assert compile_missing(binaries, cache, 1, deadline_s=0.0) == 2
        table = compiled_table(binaries, cache.results)
    assert table["outcome"].tolist() == [Outcome.TIMEOUT] * 2
    assert table["registers"].isna().all()


def test_what_was_compiled_is_not_compiled_again(tmp_path: Path) -> None:
    binaries = [Binary("sm_80", "fp8_w8a8", parse_id(f"M16-N{n}-K64-G1-W4-S2")) for n in (32, 64)]
    with closing(Cache(tmp_path / "cache")) as cache:
        assert compile_missing(binaries, cache, 1, in_time=lambda: False) == 1
    torn = (tmp_path / "cache").read_text() + '{"binary": "sm_80/fp8_w8'
    (tmp_path / "cache").write_text(torn)
    with closing(Cache(tmp_path / "cache")) as cache:
        assert compile_missing(binaries, cache, 1) == 1
        assert compile_missing(binaries, cache, 1) == 0
        table = compiled_table(binaries, cache.results)
        assert table.equals(compiled_table(binaries[::-1], cache.results))


def test_a_line_that_is_none_of_a_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text('{"key": "a", "result": {}}\n{"key": "b"}\n')
    with pytest.raises(InputError, match="cache:2: not a line of a cache; delete it"):
        Cache(tmp_path / "cache")


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, history: Path) -> None:
    command = [sys.executable, "-m", "scripts.space.compile", "--target", "NVIDIA_A100-SXM4-80GB="
               "fp8_w8a8,fp8_w8a8_channel", "--history", str(history), "--processes", "1",
               "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
        deadline = time.monotonic() + 60
        while not ((tmp_path / "cache").exists() and (tmp_path / "cache").read_bytes()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    before = (tmp_path / "cache").read_bytes()
    subprocess.run(command, cwd=ROOT, check=True)
    whole = (tmp_path / "cache").read_bytes()
    assert whole.startswith(before[: before.rfind(b"\n") + 1])
    keys = [json.loads(line)["key"] for line in whole.splitlines()]
    assert len(keys) == len(set(keys)) == 20
    for scheme in ("fp8_w8a8", "fp8_w8a8_channel"):
        table = read_table(tmp_path / "out" / f"sm_80-{scheme}.parquet", COMPILED)
        assert len(table) == 10
        assert (table["outcome"] == Outcome.COMPILE_ERROR).all()


def test_committed_configs_of_other_schemes(history: Path) -> None:
    rows = read_table(history, HISTORY)
    wanted = binaries_by_table([("sm_80", "fp8_w8a8")], rows, all_committed=True)
    assert [b.config for b in wanted["sm_80-committed.parquet"]] == [SMALL]
    assert list(binaries_by_table([("sm_80", "fp8_w8a8")], rows, False)) == [
        "sm_80-fp8_w8a8.parquet"
    ]
    empty = binaries_by_table([("sm_80", "int8_w8a8")], rows, True)["sm_80-committed.parquet"]
    assert compiled_table(empty, {}).empty


def test_time_that_is_up_is_a_clear_error(
    tmp_path: Path, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--target", "NVIDIA_A100-SXM4-80GB=fp8_w8a8", "--history", str(history)]
    arguments += ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--processes", "1", "--minutes", "0.0001"]) == 2
    assert "binaries to go; run the same command again" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("NVIDIA_H20O=bf16", "unknown device 'NVIDIA_H20O'; nearest: NVIDIA_H20"),
        ("NVIDIA_H200=bf61", "unknown scheme 'bf61'; nearest: bf16"),
        ("NVIDIA_H200", "unknown scheme ''; known: bf16"),
    ],
)
def test_bad_targets(
    target: str, message: str, history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--target", target, "--history", str(history), "--cache", str(tmp_path / "c")]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err


def test_the_cache_knows_every_source_that_decides_a_binary() -> None:
    seen: set[str] = set()
    waiting = ["compilation", "facts"]
    while waiting:
        name = waiting.pop()
        seen.add(f"{name}.py")
        tree = ast.parse((ROOT / "kernels" / f"{name}.py").read_text(encoding="utf-8"))
        imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        found = {n.module.split(".")[1] for n in imports if (n.module or "").startswith("kernels.")}
        waiting += sorted({one for one in found if f"{one}.py" not in seen})
    assert seen == set(KERNEL_MODULES)


def test_another_gemm_or_format_is_another_binary() -> None:
    same = {cache_key(Binary("sm_90", scheme, SMALL)) for scheme in SCHEMES}
    assert len(same) == len(SCHEMES)
    assert cache_key(Binary("sm_90", "bf16", SMALL, "down")) not in same


def test_a_scale_block_that_is_cut_makes_no_other_binary() -> None:
    scheme = "fp8_w8a8_b128x128"
    long, cut = (Binary("sm_90", scheme, Config(16, 32, k, 1, 4, 2)) for k in (256, 128))
    assert cache_key(long) == cache_key(cut)
