"""Every number of the committed pages is traced, and a number that somebody typed is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.report import origins, rendering, results_md, section, trace

SUMMARY, RESULTS, README = (
    Path(name) for name in ("results/summary.json", "results/RESULTS.md", "README.md")
)
Changed = Callable[[str, str], Path]


def findings(
    capsys: pytest.CaptureFixture[str],
    summary: Path = SUMMARY,
    results: Path = RESULTS,
    readme: Path = README,
) -> list[str]:
    """What the trace says of pages; the exit status agrees with it."""
    pages = ["--results", str(results), "--readme", str(readme)]
    status = trace.main(["--summary", str(summary), *pages])
    found = capsys.readouterr().err.splitlines()
    assert status == int(bool(found))
    return found


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Path, str, str], Path]:
    """A copy of a file in which the first place of a text is another."""

    def change(path: Path, old: str, new: str) -> Path:
        """Of RESULTS.md its details, too: the page that has the text is changed."""
        copy = tmp_path / path.name
        shutil.copy(path, copy)
        if path == RESULTS:
            shutil.copytree(path.parent / "details", tmp_path / "details", dirs_exist_ok=True)
        places = [copy, *tmp_path.glob("details/*.md")]
        place = next(one for one in places if old in one.read_text(encoding="utf-8"))
        text = place.read_text(encoding="utf-8")
        place.write_text(text.replace(old, new, 1), encoding="utf-8")
        return copy

    return change


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Changed:
    """Change a text of one of RESULTS.md's templates; the page that is written then."""

    def change(old: str, new: str) -> Path:
        folder = tmp_path / "templates"
        shutil.copytree(rendering.FOLDER, folder)
        every = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.md.j2")}
        ((path, text),) = ((path, text) for path, text in every.items() if old in text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        for module in (rendering, section):
            monkeypatch.setattr(module, "FOLDER", folder)
        page = tmp_path / "RESULTS.md"
        assert results_md.main(["--summary", str(SUMMARY), "--out", str(page)]) == 0
        return page

    return change


def test_every_number_of_the_committed_pages_is_traced(capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(capsys) == []


def test_each_number_is_listed_with_table_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert trace.main(["--summary", str(SUMMARY), "--list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(rows) > 1000
    assert {len(row) for row in rows} == {5}
    pairs = str(len(json.loads(SUMMARY.read_text())["corpus"]["pairs"]))
    gaps = "results/tables/statistics/gaps.parquet"
    assert [pairs, "corpus/pairs", gaps] in [row[1:4] for row in rows]
    assert all(path and file for _, _, path, file, _ in rows)


def test_a_number_edited_in_a_page_is_found(
    capsys: pytest.CaptureFixture[str], changed: Callable[[Path, str, str], Path]
) -> None:
    rows = f"{json.loads(SUMMARY.read_text())['corpus']['rows']:,}"
    (found,) = findings(capsys, results=changed(RESULTS, f"hold {rows} rows", "hold 6,000 rows"))
    assert "hold 6,000 rows" in found
    assert f"the summary makes '{rows}" in found or rows in found
    assert found.split(":")[1].isdecimal()


def test_a_line_too_many_is_one_finding_and_moves_no_other(
    changed: Callable[[Path, str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    page = changed(RESULTS, "### How sure\n", "### How sure\n\nAs sure as can be.\n")
    before, found = findings(capsys), findings(capsys, results=page)
    (said,) = [one for one in found if "As sure" in one]
    assert "RESULTS.md:" in said
    assert len(found) - len(before) <= 2  # it, and the empty line beside it


def test_a_summary_of_another_version_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
    for part in summary["runtime"].values():
        part["engine_runs"].pop("by_config", None)
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(summary), encoding="utf-8")
    assert trace.main(["--summary", str(path)]) == 2
    said = capsys.readouterr().err
    assert "summary: lacks 'by_config', which pages of this version tell; build it again" in said
    assert "Traceback" not in said


def test_a_number_typed_into_a_page_is_found(
    capsys: pytest.CaptureFixture[str], changed: Callable[[Path, str, str], Path]
) -> None:
    limits = "\n## Limits\n"
    sentences = ("It is 7 times as fast.", "Found in nine runs of ten.")
    planted = "\n\n".join((limits, *sentences))
    readme, results = (changed(page, limits, f"{planted}\n") for page in (README, RESULTS))
    found = findings(capsys, results=results, readme=readme)
    typed = [one for one in found if one.startswith(f"{readme}:") and "comes from no figure" in one]
    for sentence in sentences:
        assert any(sentence in one for one in typed)
        assert any(sentence in one for one in found if not one.startswith(f"{readme}:"))
    assert all(any(sentence in one for sentence in sentences) for one in typed)


def test_a_number_typed_into_a_template_is_found(
    capsys: pytest.CaptureFixture[str], template: Changed
) -> None:
    planted = (
        "7 times as fast", "{{ 7 }} times as fast", "{{ 7.0 | number }} times", "{{ '7' }} times",
    )  # fmt: skip
    page = template("## Corpus\n", "## Corpus\n\n" + "".join(f"{one}.\n\n" for one in planted))
    found = findings(capsys, results=page)
    assert len(found) == len({one.partition(": 7: ")[0] for one in found}) == len(planted)
    assert all(": 7: comes from no figure of the summary" in one for one in found)


def test_a_figure_of_no_known_table_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(origins.ORIGINS, "repeat")
    origins.origins.cache_clear()
    found = findings(capsys)
    origins.origins.cache_clear()
    assert found
    assert all(": repeat/" in one and "has no origin; name its table" in one for one in found)


def test_a_section_without_the_command_of_its_table_is_found(
    capsys: pytest.CaptureFixture[str], template: Changed
) -> None:
    line = "Table: rates.parquet, by `python -m scripts.statistics.aggregate`."
    found = findings(capsys, results=template(line, ""))
    assert len(found) == 2
    assert "'Transfer, replayed': shows rates.parquet, lacks rates.parquet" in found[0]
    assert found[1].endswith("lacks python -m scripts.statistics.aggregate")


def test_a_sentence_edited_in_the_summary_is_found(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    summary = json.loads(SUMMARY.read_text())
    summary["readings"][0] += " It is 7 times as fast."
    planted, page = tmp_path / "summary.json", tmp_path / "RESULTS.md"
    planted.write_text(json.dumps(summary))
    assert results_md.main(["--summary", str(planted), "--out", str(page)]) == 0
    assert any(
        one.startswith("summary: readings/0: ") and "7 times" in one
        for one in findings(capsys, summary=planted, results=page)
    )


def test_a_phrase_that_no_page_holds_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "ALLOWED", {**trace.ALLOWED, "in 99 balloons": "a song"})
    (found,) = findings(capsys)
    assert "'in 99 balloons': allowed, but stands on no page" in found


def test_pages_that_are_not_there_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["--summary", str(SUMMARY), "--readme", str(tmp_path / "none.md")]
    assert trace.main(arguments) == 2
    assert "none.md: could not be read" in capsys.readouterr().err
