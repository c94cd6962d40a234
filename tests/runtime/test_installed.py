"""Which vLLM is here; its absence is one line, and nothing else of graphx minds."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.runtime import study
from scripts.runtime.installed import installed, source_hash
from tests.runtime.test_plan import written


def package(folder: Path, release: str = "0.24.0", lacking: str = "") -> Path:
    """A folder of packages in which a vLLM of that release is installed, its files empty."""
    info = folder / f"vllm-{release}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {release}\n")
    layers = folder / "vllm/model_executor/layers"
    for name in (
        "fused_moe/fused_moe.py",
        "fused_moe/utils.py",
        "quantization/utils/fp8_utils.py",
        "quantization/utils/int8_utils.py",
    ):
        path = layers / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name != lacking:
            path.touch()
    (folder / "vllm/__init__.py").touch()
    return folder


def test_without_vllm_there_is_one_clear_line_and_nothing_is_written(tmp_path, capsys):
    with pytest.raises(InputError, match="vLLM is not installed"):
        installed()
    plan, ledger = written(tmp_path), tmp_path / "out/ledger.jsonl"
    assert study.main(["--plan", str(plan), "--ledger", str(ledger)]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "pip install vllm==0.24.0" in errors[0]
    assert not ledger.parent.exists()
    assert "vllm" not in sys.modules


def test_an_installed_release_is_known_by_its_version_and_sources(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(package(tmp_path / "one")))
    found = installed()
    assert (found.version, found.folder) == (version("vllm"), tmp_path / "one/vllm")
    assert found.source_hash == source_hash(found.folder)
    kernel = found.folder / "model_executor/layers/fused_moe/fused_moe.py"
    kernel.write_text("# another kernel\n")
    assert installed().source_hash != found.source_hash
    assert "vllm" not in sys.modules


def test_another_release_and_half_a_package_are_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(package(tmp_path / "old", "0.20.1")))
    with pytest.raises(InputError, match=r"vLLM 0\.20\.1 is installed"):
        installed()
    half = package(tmp_path / "half", lacking="quantization/utils/fp8_utils.py") / "vllm"
    with pytest.raises(InputError, match=r"fp8_utils\.py: not found"):
        source_hash(half)
