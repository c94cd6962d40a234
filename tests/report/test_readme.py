"""README.md quotes figures of results/summary.json and no others."""

from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.report.readme import BEGIN, END, figures, main, with_figures
from scripts.report.results_md import read_summary

SUMMARY, README = Path("results/summary.json"), Path("README.md")


def test_the_page_holds_what_the_summary_says():
    text = README.read_text(encoding="utf-8")
    assert with_figures(text, read_summary(SUMMARY)) == text, (
        "run python -m scripts.report.readme --summary results/summary.json --readme README.md"
    )


def test_only_the_part_between_the_markers_changes(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"above\n{BEGIN}old\n{END}below\n", encoding="utf-8")
    assert main(["--summary", str(SUMMARY), "--readme", str(page)]) == 0
    expected = f"above\n{BEGIN}{figures(read_summary(SUMMARY))}{END}below\n"
    assert page.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("text", ["", BEGIN, END, END + BEGIN])
def test_a_page_without_markers_is_left_alone(text):
    with pytest.raises(InputError, match="lacks the lines"):
        with_figures(text, read_summary(SUMMARY))
