"""How a run of an engine's plan begins, by the commands themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.lib.chain import read_chain
from scripts.lib.files import write_json
from scripts.runtime import bench, drawn_op, engine
from scripts.runtime.engine_about import begun
from scripts.runtime.installed import installed
from tests.runtime.test_installed import package

COMMIT = "0123456789" * 4
# Nothing is left to do in it, so that no engine boots.
NOTHING: dict[str, Any] = {
    "device": "NVIDIA_H200", "passes": 1, "batches": [1], "models": [], "boots": [],
    "bench": {"boots": []},
}  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """One of the vLLM that is installed here, its files empty."""
    monkeypatch.syspath_prepend(str(package(tmp_path / "packages")))
    monkeypatch.setenv("GRAPHX_COMMIT", COMMIT)
    return NOTHING | {"kernel_hash": installed().source_hash}


def arguments(folder: Path, plan: dict[str, Any]) -> list[str]:
    write_json(folder / "plan.json", plan)
    return ["--plan", str(folder / "plan.json"), "--journal", str(folder / "run.jsonl")]


def test_a_run_is_in_the_journal_with_its_plan_and_the_file_is_released(plan, tmp_path):
    given = arguments(tmp_path, plan)
    assert engine.main(given) == 0
    assert engine.main(given) == 0  # nobody holds the journal any more
    first, second = (one for one in read_chain(tmp_path / "run.jsonl") if one["kind"] == "run")
    assert (first["kind"], first["start"], second["start"]) == ("run", 0, 1)
    assert (first["commit"], first["kernel_hash"]) == (COMMIT, plan["kernel_hash"])
    assert first["command"].startswith("python -m scripts.runtime.engine")
    assert first["plan"] == {key: part for key, part in plan.items() if key != "boots"}


def test_the_journal_is_released_when_the_run_fails(plan, tmp_path):
    path = tmp_path / "run.jsonl"
    with pytest.raises(ZeroDivisionError), begun(path, plan, "scripts.runtime.engine"):
        _ = 1 / 0
    with begun(path, plan, "scripts.runtime.engine", unkept=("boots", "bench")) as journal:
        assert journal.starts == 2
    assert "bench" not in list(read_chain(path))[-1]["plan"]


@pytest.mark.parametrize("command", [engine, bench, drawn_op])
def test_rows_of_other_kernels_are_refused_before_a_journal_is_there(
    command, plan, tmp_path, capsys
):
    given = arguments(tmp_path, plan | {"kernel_hash": "fedc"})
    assert command.main(given) == 2
    assert "the rows were chosen under fedc; install that release" in capsys.readouterr().err
    assert not (tmp_path / "run.jsonl").exists()
