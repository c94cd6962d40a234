"""The synthetic study written out as the report's input, and the summary made of it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scripts.lib.tables import write_table
from scripts.report import summary
from scripts.report.sections import summary_sources
from tests.report.written import TEXTS
from tests.statistics.conftest import PLAN, Judged, drawn, judged
from tests.statistics.study import SOURCES, Study

__all__ = ["drawn", "judged"]


def planters() -> list[ModuleType]:
    """The modules here with ``tables(drawn, judged)``, of which the report reads what they plant.

    With ``rows(summary)`` one says how many rows of the page to browse are its sections'.
    """
    paths = sorted(Path(__file__).parent.glob("*.py"))
    return [
        import_module(f"tests.report.{path.stem}")
        for path in paths
        if not path.stem.startswith("test_") and "\ndef tables(" in path.read_text(encoding="utf-8")
    ]


@pytest.fixture(scope="session")
def inputs(
    drawn: Study, judged: Judged, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Paths of every file that the report reads."""
    folder = tmp_path_factory.mktemp("report")
    paths = drawn.write(folder)
    for module in planters():
        for name, (frame, table) in module.tables(drawn, judged).items():
            paths[name] = folder / f"{name}.parquet"
            write_table(paths[name], frame, table)
    for name, (file, text) in TEXTS.items():
        paths[name] = folder / file
        paths[name].parent.mkdir(exist_ok=True)
        paths[name].write_text(text)
    return paths


def summary_arguments(inputs: dict[str, Path], out: Path) -> list[str]:
    """The command line of the summary over these inputs."""
    tables = [str(inputs[source.name]) for source in summary_sources()]
    return [
        *("--tables", *tables),
        *("--upstream", str(inputs["upstream"]), "--lock", str(inputs["lock"])),
        *("--datasets", str(inputs["trials"]), str(inputs["runs"])),
        *("--sources", *SOURCES, "--gap-source", SOURCES[0], "--gap-target", SOURCES[1]),
        *("--margin", "0.01", "--level", "0.95", "--resamples", str(PLAN.resamples)),
        *("--out", str(out)),
    ]


@pytest.fixture(scope="session")
def summary_path(inputs: dict[str, Path]) -> Path:
    """The summary as written by its entry module."""
    out = inputs["rates"].with_name("summary.json")
    assert summary.main(summary_arguments(inputs, out)) == 0
    return out


@pytest.fixture(scope="module")
def made(summary_path: Path) -> dict[str, Any]:
    """The summary, read anew for each module, so that what a test changes in it stays there."""
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found
