"""The manifest of recorded files."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.lib.manifest import MANIFEST, main, read_manifest, verify

FILES = ["data/recorded/measured/gpu/runs.json", "data/recorded/measured/gpu/trials.parquet"]


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two recorded files, in the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "recorded" / "measured" / "gpu"
    folder.mkdir(parents=True)
    (folder / "trials.parquet").write_bytes(b"trials")
    (folder / "runs.json").write_bytes(b"{}")
    assert main(["write", *FILES]) == 0
    return folder


def test_all_recorded_files_are_listed() -> None:
    assert list(read_manifest()) == FILES
    assert main(["check"]) == 0


def test_writing_again_changes_nothing() -> None:
    before = MANIFEST.read_bytes()
    assert main(["write", *reversed(FILES)]) == 0
    assert MANIFEST.read_bytes() == before


def test_edited_file_is_named_with_the_fix(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recorded / "runs.json").write_bytes(b"[]")
    assert main(["check"]) == 2
    message = capsys.readouterr().err
    assert "data/recorded/measured/gpu/runs.json: edited or damaged" in message
    assert "make restore" in message


def test_missing_file_is_named_with_the_fix(recorded: Path) -> None:
    (recorded / "runs.json").unlink()
    with pytest.raises(InputError, match=r"runs\.json: not found; `make restore`"):
        verify("data/recorded/measured/gpu/runs.json")


def test_unlisted_file_is_refused(recorded: Path) -> None:
    (recorded / "more.json").write_bytes(b"{}")
    with pytest.raises(InputError, match="not listed"):
        verify("data/recorded/measured/gpu/more.json")


@pytest.mark.parametrize("line", ["", "abc  data/x", "0" * 64 + " data/x", "0" * 63 + "g  x"])
def test_bad_line_is_named(line: str) -> None:
    MANIFEST.write_text(MANIFEST.read_text() + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="SHA256SUMS:3"):
        read_manifest()


def test_missing_manifest_is_named() -> None:
    MANIFEST.unlink()
    with pytest.raises(InputError, match="restore it from there"):
        read_manifest()


def test_missing_file_is_not_recorded(recorded: Path) -> None:
    before = MANIFEST.read_bytes()
    (recorded / "runs.json").unlink()
    assert main(["write", *FILES]) == 2
    assert MANIFEST.read_bytes() == before
