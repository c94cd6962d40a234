"""The whole command, on made histories and on the real one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.files import sha256
from scripts.lib.schemas.history import HISTORY
from scripts.lib.tables import read_table
from scripts.mine.mine import main
from tests.mine.conftest import Clone

ROOT = Path(__file__).parents[2]
REAL = ROOT / ".." / "shared" / "upstream" / "vllm.git"
RECORDED = ROOT / "data" / "recorded" / "history.parquet"

# Runs the command and kills it, as by kill -9, when half of the table is on the disk.
KILLED_WHILE_WRITING = """
import os, signal, sys
import scripts.lib.tables as tables
from scripts.mine.mine import main
write = tables.pq.write_table
def write_half(arrow, path, **options):
    write(arrow, path, **options)
    os.truncate(path, os.path.getsize(path) // 2)
    os.kill(os.getpid(), signal.SIGKILL)
tables.pq.write_table = write_half
sys.exit(main(sys.argv[1:]))
"""


def arguments(clone: Clone, tmp_path: Path, out: Path) -> list[str]:
    pin = clone.pin(tmp_path / "upstream.yaml")
    return ["--repo", str(clone.path), "--upstream", str(pin), "--out", str(out)]


def run_and_kill(options: list[str]) -> int:
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def test_mining_twice_gives_the_same_bytes(mined: Clone, tmp_path: Path) -> None:
    outs = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for out in outs:
        assert main(arguments(mined, tmp_path, out)) == 0
    assert sha256(outs[0]) == sha256(outs[1])
    assert len(read_table(outs[0], HISTORY)) == 8


def test_a_blobless_clone_gives_the_same_bytes(mined: Clone, tmp_path: Path) -> None:
    target = tmp_path / "blobless"
    command = ["git", "clone", "--quiet", "--no-checkout", "--filter=blob:none"]
    subprocess.run([*command, mined.path.as_uri(), target], check=True)
    outs = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    options = arguments(mined, tmp_path, outs[0])
    assert main(options) == 0
    assert main(["--repo", str(target), *options[2:5], str(outs[1])]) == 0
    assert sha256(outs[0]) == sha256(outs[1])


def test_bad_input_is_one_line_and_status_2(
    mined: Clone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.parquet"
    assert main(["--repo", str(tmp_path / "no"), *arguments(mined, tmp_path, out)[2:]]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "no such folder" in error and "Traceback" not in error
    assert not out.exists()


def test_killed_while_writing(mined: Clone, tmp_path: Path) -> None:
    out = tmp_path / "out" / "history.parquet"
    options = arguments(mined, tmp_path, out)
    assert run_and_kill(options) == -signal.SIGKILL
    assert not out.exists()
    assert main(options) == 0
    whole = sha256(out)
    assert run_and_kill(options) == -signal.SIGKILL
    assert sha256(out) == whole


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.5])
def test_killed_at_any_moment(mined: Clone, tmp_path: Path, seconds: float) -> None:
    out = tmp_path / "out.parquet"
    options = arguments(mined, tmp_path, out)
    process = subprocess.Popen([sys.executable, "-m", "scripts.mine.mine", *options], cwd=ROOT)
    time.sleep(seconds)
    process.kill()
    process.wait()
    if out.exists():
        read_table(out, HISTORY)
    assert main(options) == 0
    assert len(read_table(out, HISTORY)) == 8


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two pages."""
    target = tmp_path / "small"
    target.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(target)]
    if not sys.platform.startswith("linux") or subprocess.run(command, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs (root on Linux)")
    yield target
    subprocess.run(["umount", str(target)], check=True)


def test_a_full_disk_leaves_nothing_behind(
    mined: Clone, tmp_path: Path, full_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = full_disk / "out.parquet"
    old.write_bytes(b"as it was")
    assert main(arguments(mined, tmp_path, old)) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in full_disk.iterdir()] == ["out.parquet"]
    assert old.read_bytes() == b"as it was"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The real history, mined by the command in a process of its own; and the seconds it took."""
    if not REAL.is_dir():
        pytest.skip("no copy of the upstream history at ../shared/upstream/vllm.git")
    out = tmp_path_factory.mktemp("real") / "history.parquet"
    command = [sys.executable, "-m", "scripts.mine.mine", "--repo", str(REAL)]
    pin = ["--upstream", "data/upstream.yaml", "--out", str(out)]
    start = time.monotonic()
    subprocess.run([*command, *pin], cwd=ROOT, check=True)
    return out, time.monotonic() - start


@pytest.fixture(scope="module")
def history(real: tuple[Path, float]) -> pd.DataFrame:
    return read_table(real[0], HISTORY)


def test_the_real_history_is_quick(real: tuple[Path, float]) -> None:
    assert real[1] < 10  # 1 s on an idle machine; the bound leaves room for a busy one


def test_the_real_history_is_the_recorded_one(real: tuple[Path, float]) -> None:
    if not RECORDED.exists():
        pytest.skip("no recorded history; restore it with `make restore`")
    assert real[0].read_bytes() == RECORDED.read_bytes()


def test_counts_of_the_real_history(history: pd.DataFrame) -> None:
    files = history[history["reason"].ne("not_json")].drop_duplicates("file")
    assert len(files) == 328
    assert history["batch"].notna().sum() == 5892
    assert history["reason"].value_counts().to_dict() == {"foreign_kernel": 128, "not_json": 1}
    assert (~files["reachable"]).sum() == 13
    triton = files[files["backend"] == ""]
    assert (len(triton), triton["triton_version"].isna().sum()) == (320, 261)


def test_censored_files_of_the_real_history(history: pd.DataFrame) -> None:
    files = history.drop_duplicates("file")
    block = files["block_shape"].ne("") & files["dtype"].ne("")
    nvidia = files[block & files["device"].str.startswith("NVIDIA")]
    assert (len(nvidia), nvidia["censored"].notna().sum()) == (56, 38)
    assert files["censored"].notna().sum() == 43  # five more on AMD, tuned in the same space


def test_dates_of_the_real_history(history: pd.DataFrame) -> None:
    file = history[history["file"] == "E=8,N=1792,device_name=AMD_Instinct_MI300X.json"].iloc[0]
    assert str(file["first_commit_date"]) == "2024-05-28 16:03:23+00:00"
    assert str(file["last_commit_date"]) == "2025-01-25 04:17:19+00:00"
    assert (history["first_commit_date"] <= history["last_commit_date"]).all()
