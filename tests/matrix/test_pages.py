"""The pages are filled by the record, and say so where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.lib.files import read_yaml
from scripts.matrix import judge
from scripts.matrix.pages import write
from scripts.matrix.pages.content import Content, feature_pages
from scripts.matrix.reading import read_matrix
from tests.matrix.conftest import SWITCHES
from tests.matrix.small_run import small_run
from tests.matrix.test_switches import OURS

TARGETS = OURS.with_name("targets.yaml")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Folder, and how the pages of a judged record are asked for."""
    out = tmp_path_factory.mktemp("pages")
    path = str(small_run().path)
    record = ["--record", path, "--earlier", path, "--out", str(out / "tables")]
    assert judge.main(record) == 0
    return out, [
        "--tables", *(str(out / f"tables/{name}.parquet") for name in write.TABLES),
        "--runs", str(out / "tables" / judge.RUNS), "--switches", str(SWITCHES),
        "--targets", str(TARGETS), "--out", str(out / "pages"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def pages(made: tuple[Path, list[str]]) -> dict[str, str]:
    """As the entry modules make them of a record."""
    out, arguments = made
    assert write.main(arguments) == 0
    found = (out / "pages").rglob("*.md")
    return {path.relative_to(out / "pages").as_posix(): path.read_text() for path in found}


def test_there_is_a_page_a_feature(pages: dict[str, str]) -> None:
    features = {f"{write.FEATURES}/{name}" for name in feature_pages(read_matrix(SWITCHES))}
    assert set(pages) == features | {f"{name}.md" for name in write.PAGES}


def test_every_cell_has_its_row_with_all_levels(pages: dict[str, str]) -> None:
    page = pages["FEATURE_MATRIX.md"]
    assert "| P2 | small/moe=marlin | valid |" in page
    assert "| P3 | small/inputs=fp8 | not supported |" in page
    assert "| small/planted-wrong-path | small/again-1 | INVALID |" in page


def test_numbers_of_an_invalid_cell_are_struck_out(pages: dict[str, str]) -> None:
    (row,) = [line for line in pages["BENCHMARK_RESULTS.md"].splitlines()
              if line.startswith("| small/planted-wrong-path")]  # fmt: skip
    assert row.count("~~") == 2 * 7 and "INVALID" in row


def test_a_features_page_holds_all_its_parts(pages: dict[str, str]) -> None:
    page = pages["features/small-moe-marlin.md"]
    for words in ("## Hypothesis\n\nMarlin is faster.",
                  "| tg16 | 0.800 | 0.800 to 0.800 | 0.90 | met |",
                  "- `moe_backend`: `marlin`", "- must see `marlin`", "| 1.5 | path | passed |",
                  "| small/graphs=off+moe=marlin | valid | passed |"):  # fmt: skip
        assert words in page, words
    assert "No numbers." in pages["features/small-inputs-fp8.md"]


def test_what_was_compared_is_counted_with_what_was_put_in(pages: dict[str, str]) -> None:
    page = pages["COMPARED.md"]
    assert "| as they are: tg16 | 6 | 0 | 0 |" in page
    assert "| this against itself, all times 4% longer: tg16 | 6 | 6 | 0 |" in page
    assert "| this against itself, all peaks 1.2 GB higher: peak_bytes | 6 | 6 | 0 |" in page
    assert "| small/baseline | peak_bytes | 5.000 GB | 5.000 GB | 1.000 | – | none shown |" in page


def test_published_figures_stand_as_published(pages: dict[str, str]) -> None:
    page = pages["TARGETS.md"]
    for words in ("| llama.cpp | 2449.83 | 57.85 |", "| SGLang | – | about 52 |",
                  "| vLLM | 4808 | 29.26 |"):  # fmt: skip
        assert words in page
    before, after = page.split("Measured by graphx")
    assert "GB10" in before and "GB10" not in after and "H200" not in before


def test_without_a_record_every_page_says_so() -> None:
    nothing: Any = {name: [] for name in judge.TABLES}
    content = Content(read_matrix(OURS), nothing, [], read_yaml(TARGETS))
    found = write.rendered(content)
    assert len(found) == len(write.PAGES) + len(feature_pages(content.matrix))
    for path, text in found.items():
        assert "recorded." in text, path


def test_the_same_record_gives_the_same_pages(pages: dict[str, str], tmp_path: Path) -> None:
    path = small_run().path
    rows: Any = judge.rows_of(path, path)
    content = Content(read_matrix(SWITCHES), rows, [judge.about(path, path)], read_yaml(TARGETS))
    assert write.rendered(content) == pages


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("targets", "[]", "names with their values"),
        ("targets", "", "names with their values"),
        ("targets", "device: NVIDIA_GB10", "lacks model; add it"),
        ("targets", "{device: a, model: b, published: 3}", "published: 3; a list"),
        ("targets", "{device: a, model: b, published: [c]}", "published: 'c'; names"),
        ("targets", "{device: a, model: b, published: [{runtime: c, tg32: d}]}", "tg32: 'd'; a"),
        ("targets", "{device: [", "not valid YAML"),
        ("runs", "{}", "holds no list of runs"),
        ("runs", "[3]", "run 1: '3'; names with their values"),
        ("runs", '[{"metadata": {}}]', "run 1: lacks references; add it"),
        (
            "runs",
            '[{"metadata": {}, "references": {}, "unequal": [3]}]',
            "unequal: 3; names",
        ),
        ("runs", "[", "not valid JSON"),
        ("runs", "[]", "--runs: "),
        ("runs", '[{"metadata": {}, "references": {}, "unequal": []}]', "--runs: "),
    ],
)
def test_a_broken_file_is_one_line(
    option: str,
    text: str,
    said: str,
    made: tuple[Path, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / f"broken.{'yaml' if option == 'targets' else 'json'}"
    broken.write_text(text)
    arguments = [*made[1], f"--{option}", str(broken), "--out", str(tmp_path / "pages")]
    assert write.main(arguments) == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("error: ")]
    assert said in line
    assert line.startswith(f"error: {broken if said != '--runs: ' else said.strip()}")
    assert not (tmp_path / "pages").exists()
