"""The registry is the same for machines that read no YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.corpus.recordings import main
from scripts.lib.files import read_json
from scripts.lib.recordings import YAML, parse, recordings


def test_json_holds_the_same_recordings(tmp_path: Path) -> None:
    out = tmp_path / "recordings.json"
    assert main(["--registry", str(YAML), "--out", str(out)]) == 0
    assert list(parse(read_json(out), out)) == recordings()


def test_a_wrong_registry_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.yaml").write_text("- {name: a, role: complete, scop: two_gemm}\n")
    assert main(["--registry", str(tmp_path / "r.yaml"), "--out", str(tmp_path / "out")]) == 2
    assert "unknown key 'scop'; nearest: scope" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
