"""Every figure is drawn from the tables, to the same bytes each time, and has a caption."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts.figures.style import MARKERS, PALETTE
from scripts.report.sections import CAPTIONS
from tests.figures.cases import CASES
from tests.statistics.conftest import Judged
from tests.statistics.study import SOURCES, Study


def test_every_figure_of_the_results_is_tested() -> None:
    assert set(CASES) == set(CAPTIONS)


@pytest.mark.parametrize("name", CASES)
def test_both_files_are_whole_and_the_same_each_time(
    name: str, drawn: Study, judged: Judged, tmp_path: Path
) -> None:
    bodies = []
    for attempt in ("one", "two"):
        arguments = CASES[name].arguments(drawn, judged, tmp_path, tmp_path / attempt)
        assert CASES[name].main(arguments) == 0
        bodies.append([path.read_bytes() for path in sorted((tmp_path / attempt).iterdir())])
    assert bodies[0] == bodies[1]
    png = (tmp_path / "one/f.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 800
    assert height >= 500
    svg = ET.parse(tmp_path / "one/f.svg").getroot()
    assert svg.tag.endswith("svg")
    assert b"<dc:date>" not in (tmp_path / "one/f.svg").read_bytes()


@pytest.mark.parametrize("name", [name for name, one in CASES.items() if "--sources" in one.extra])
def test_an_unknown_source_is_answered_with_the_nearest(
    name: str, drawn: Study, judged: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = CASES[name].arguments(drawn, judged, tmp_path, tmp_path / "out")
    wrong[wrong.index(SOURCES[0])] = "NVIDIA_H100"
    assert CASES[name].main(wrong) == 2
    assert SOURCES[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_looks_differ() -> None:
    assert len(set(PALETTE)) == len(PALETTE)
    assert len(set(MARKERS)) == len(MARKERS)
    # Colours repeat after seven and markers after nine, so 63 series look different.
    assert np.gcd(len(PALETTE), len(MARKERS)) == 1


@pytest.mark.parametrize("name", CASES)
def test_tables_without_a_row_are_drawn_or_refused_in_one_line(
    name: str, drawn: Study, judged: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = CASES[name]
    every = set(whole.tables(drawn, judged))
    for number, emptied in enumerate([every, *({one} for one in sorted(every))]):
        out = tmp_path / f"out{number}"
        few = replace(
            whole,
            tables=lambda study, found, emptied=emptied: {
                option: (frame.head(0) if option in emptied else frame, table)
                for option, (frame, table) in whole.tables(study, found).items()
            },
        )
        status = whole.main(few.arguments(drawn, judged, tmp_path / f"in{number}", out))
        if status:
            assert status == 2, emptied
            assert capsys.readouterr().err.count("error: ") == 1
        assert out.exists() == (status == 0)
