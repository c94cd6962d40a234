"""Histories from wheels, made on the fly."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.history import RUNTIME_HISTORY, Reason, SourceKind
from scripts.lib.tables import read_table
from scripts.mine import fetch, mine
from scripts.mine.runtime_history import runtime_rows
from scripts.mine.upstream import Releases
from scripts.mine.wheels import find_wheel, read_releases
from tests.mine.conftest import ENTRY, H100, MI300X, body

OLD, NEW = "tool/moe/configs", "tool/runner/configs"
BLOCK = "E=65,N=512,device_name=NVIDIA_H20-3e,dtype=fp8_w8a8,block_shape=[64, 64]"


def make_wheel(folder: Path, version: str, day: int, files: dict[str, str]) -> Path:
    """A wheel that pip installs; every file is dated that day of January 2025."""
    folder.mkdir(exist_ok=True)
    meta = f"tool-{version}.dist-info"
    files = {
        **files,
        f"{meta}/METADATA": f"Metadata-Version: 2.1\nName: tool\nVersion: {version}\n",
        f"{meta}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in files) + f"{meta}/RECORD,,\n"
    path = folder / f"tool-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{meta}/RECORD": record}.items():
            wheel.writestr(zipfile.ZipInfo(name, (2025, 1, day, 12, 0, 0)), text)
    return path


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Three releases: a flat folder, one per Triton version, another place in the package."""
    folder = tmp_path / "wheels"
    one, two = body(M1=ENTRY), body(M1=ENTRY, M2=ENTRY)
    make_wheel(folder, "1.0", 1, {f"{OLD}/{H100}": one, f"{OLD}/{MI300X}": one})
    in_folders = {
        f"{OLD}/triton_3_1_0/{H100}": one,
        f"{OLD}/triton_3_1_0/{BLOCK}.json": one,
        f"{OLD}/triton_3_1_0/{BLOCK}_down.json": one,
    }
    make_wheel(folder, "1.1", 9, in_folders)
    there = {name.replace(OLD, NEW): text for name, text in in_folders.items()}
    there |= {f"{NEW}/triton_3_1_0/{BLOCK}.json": two, f"{NEW}/README.md": "what this is"}
    make_wheel(folder, "1.2", 20, there)
    return folder


def rows_of(folder: Path) -> dict[str, list[dict[str, object]]]:
    snapshot = read_releases(folder, "tool", ["1.0", "1.1", "1.2"], [OLD, NEW])
    found: dict[str, list[dict[str, object]]] = {}
    for row in runtime_rows(snapshot, SourceKind.WHEELS):
        found.setdefault(str(row["file"]), []).append(row)
    return found


def test_arrivals_by_release(wheels: Path) -> None:
    found = rows_of(wheels)
    block = found[f"triton_3_1_0/{BLOCK}.json"]
    assert [row["batch"] for row in block] == [1, 2]
    assert (block[0]["first"], block[0]["last"]) == ("1.1", "1.2")
    assert (block[0]["first_date"], block[0]["last_date"]) == (
        "2025-01-09T12:00:00Z",
        "2025-01-20T12:00:00Z",
    )
    assert (block[0]["scheme"], block[0]["triton_version"]) == ("fp8_w8a8_b64x64", "3.1.0")
    assert {row["pinned"] for rows in found.values() for row in rows} == {"1.2"}


def test_a_file_that_moved_keeps_its_arrival(wheels: Path) -> None:
    found = rows_of(wheels)
    assert H100 not in found  # it is the one in the folder
    (row,) = found[f"triton_3_1_0/{H100}"]
    assert (row["first"], row["last"], row["present"]) == ("1.0", "1.1", True)


def test_a_file_that_went_is_kept_and_marked(wheels: Path) -> None:
    (row,) = rows_of(wheels)[MI300X]
    assert (row["present"], row["status"], row["last"]) == (False, "config", "1.0")


def test_what_is_no_config_says_why(wheels: Path) -> None:
    found = rows_of(wheels)
    (down,) = found[f"triton_3_1_0/{BLOCK}_down.json"]
    assert (down["reason"], down["down"]) == (Reason.DOWN_PROJECTION, True)
    assert found["README.md"][0]["reason"] == Reason.NOT_JSON


def test_a_wheel_is_not_that_of_a_longer_version(tmp_path: Path) -> None:
    (tmp_path / "tool-1.0.post1-py3-none-any.whl").touch()
    (tmp_path / "tool_more-1.0-py3-none-any.whl").touch()
    assert find_wheel(tmp_path, "tool", "1.0") is None
    assert find_wheel(tmp_path, "tool", "1.0.post1") is not None


@pytest.mark.parametrize("content", [b"", b"PK not a zip"])
def test_a_broken_wheel_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tool-1.0-py3-none-any.whl").write_bytes(content)
    with pytest.raises(InputError, match=r"tool-1\.0.*not a readable wheel"):
        read_releases(tmp_path, "tool", ["1.0"], [OLD])


def test_releases_that_cannot_be_a_history(tmp_path: Path) -> None:
    make_wheel(tmp_path, "1.0", 5, {f"{OLD}/a.json": "{}"})
    make_wheel(tmp_path, "1.1", 4, {f"{OLD}/a.json": "{}"})
    with pytest.raises(InputError, match=r"1\.1 is dated before"):
        read_releases(tmp_path, "tool", ["1.0", "1.1"], [OLD])
    with pytest.raises(InputError, match="no wheel of tool 2"):
        read_releases(tmp_path, "tool", ["2"], [OLD])
    with pytest.raises(InputError, match="no file under elsewhere"):
        read_releases(tmp_path, "tool", ["1.0"], ["elsewhere"])


PINS = f"""sglang:
  package: tool
  path: [{OLD}, {NEW}]
  releases: ["1.0", "1.1", "1.2"]
"""


def test_fetched_with_pip_and_mined_twice_to_the_same_bytes(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    pins, cache = tmp_path / "upstream.yaml", tmp_path / "cache"
    pins.write_text(PINS)
    options = ["--upstream", str(pins), "--runtime", "sglang", "--wheels", str(cache)]
    assert fetch.main([*options, "--out", str(tmp_path / "list.txt")]) == 0
    assert len((tmp_path / "list.txt").read_text().splitlines()) == 3
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "no"))  # all are there: pip is not asked
    assert fetch.main(options) == 0
    outs = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for out in outs:
        assert mine.main([*options, "--out", str(out)]) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    table = read_table(outs[0], RUNTIME_HISTORY)
    assert set(table["source"]) == {"wheels"} and set(table["runtime"]) == {"sglang"}


def test_a_release_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(InputError, match=r"tool==9: pip could not fetch it"):
        fetch.fetch(tmp_path, Releases("tool", (OLD,), ("9",)))


def test_by_hand_without_wheels_says_what_to_give(tmp_path: Path) -> None:
    pins = tmp_path / "upstream.yaml"
    pins.write_text(PINS)
    command = [sys.executable, "-m", "scripts.mine.mine", "--repo", ".", "--upstream", str(pins)]
    done = subprocess.run(
        [*command, "--runtime", "sglang", "--out", str(tmp_path / "x")],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 2 and "give --wheels" in done.stderr
