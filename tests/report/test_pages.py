"""The pages hold the summary's figures, and the HTML page needs nothing but itself."""

from __future__ import annotations

import base64
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts.lib.schemas.runtimes import Corpus
from scripts.report import html, results_md
from scripts.report.packing import packed, unpacked
from scripts.report.sections import CAPTIONS, DETAILS, ROWS, first, page_sources
from scripts.report.sections.transfer import transfer_rows
from tests.report import absent, planted_live, searched
from tests.report.conftest import planters
from tests.report.copied import leaves, planted
from tests.report.written import GATE
from tests.statistics.study import Study

JUDGED = ("copied", "best", "searched")
SEARCH_TABLES = ("search_rates", "search_choices")
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>{}</text></svg>'


class Loads(HTMLParser):
    """Every attribute that makes a browser load something, and the rows of every table."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[tuple[str, str]] = []
        self.rows = 0
        self.tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what is loaded; count tables and rows."""
        self.rows += tag == "tr"
        self.tables += tag == "table"
        for name, value in attrs:
            if name in ("src", "srcset", "href", "data", "action", "poster"):
                self.loads.append((tag, value or ""))


def page_arguments(inputs: dict[str, Path], summary_path: Path) -> list[str]:
    """What the page reads, without its figures."""
    tables = ["--tables", *(str(inputs[one.name]) for one in page_sources())]
    quoted = ["--quoted", str(inputs["rates"]), str(inputs["gaps"])]
    return ["--summary", str(summary_path), *tables, *quoted]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("figures")
    paths = [folder / f"{name}.svg" for name in CAPTIONS]
    for path in paths:
        path.write_text(SVG.format(path.stem))
    return paths


@pytest.fixture(scope="module")
def page(inputs: dict[str, Path], summary_path: Path, figures: list[Path]) -> Path:
    out = figures[0].with_name("report.html")
    arguments = [*page_arguments(inputs, summary_path), "--figures", *map(str, figures)]
    assert html.main([*arguments, "--out", str(out)]) == 0
    first = out.read_bytes()
    assert html.main([*arguments, "--out", str(out)]) == 0
    assert out.read_bytes() == first
    return out


@pytest.fixture(scope="module")
def whole(page: Path) -> str:
    """The page with nothing folded up."""
    return unpacked(page.read_text())


def test_what_is_folded_up_comes_back(whole: str) -> None:
    assert packed(whole) != whole
    assert unpacked(packed(whole)) == whole


def test_the_page_loads_nothing_from_anywhere(page: Path, whole: str) -> None:
    text = page.read_text()
    scripts = re.sub(r">[A-Za-z0-9+/=]{40,}</script>", "></script>", text)
    assert not re.search(r"https?://|@import|url\(|<link|<iframe|fetch\(|import\(", scripts)
    text = whole
    parser = Loads()
    parser.feed(text)
    assert {tag for tag, _ in parser.loads} == {"a", "img"}
    assert all(value.startswith(("#", "data:image/svg+xml;base64,")) for _, value in parser.loads)


def test_figures_are_inside_with_their_captions(whole: str) -> None:
    text = unescape(whole)
    inside = re.findall(r"base64,([A-Za-z0-9+/=]+)", text)
    assert [base64.b64decode(data).decode() for data in inside] == [
        SVG.format(name) for name in CAPTIONS
    ]
    assert all(caption in text for caption in CAPTIONS.values())


def test_every_row_of_the_results_is_in_a_table(
    whole: str, summary_path: Path, drawn: Study
) -> None:
    summary = json.loads(summary_path.read_text())
    rates = [k for p in summary["transfer"].values() for s in p.values() for k in s]
    quality = [m for d in summary["measured"].values() for c in d["quality"].values() for m in c]
    rows = len(rates) + len(quality) + len(drawn.cells) + len(summary["claims"])
    provenance = summary["provenance"]
    rows += sum(len(provenance[name]) for name in ("datasets", "runs", "packages"))
    rows += len(summary["corpus"]["pairs"])
    rows += len(Corpus) + len(summary["runtimes"]["sglang"]["reasons"])
    rows += leaves(summary["space"], 2) + leaves(summary["space_sample"], 3)
    rows += sum("compiler" in entry for gpu in summary["space"].values() for entry in gpu.values())
    rows += leaves(summary["legality"], 2) + leaves(summary["correctness"], 2)
    rows += sum(leaves(gpu["readings"], 4) for gpu in summary["sim"].values())
    rows += 2 * len(absent.TOKENS)  # triples, and cells predicted
    for gpu in summary["measured"].values():
        rows += sum(len(found["by_scheme"]) for found in gpu["datasets"].values())
        rows += gpu["coverage"]["cells"] + len(gpu["spread"]) + len(gpu["aa_by_dataset"])
        rows += leaves(gpu["gains"], 2)
    pairs = summary["headline"].values()
    rows += sum(len(pair.get(name, {})) for pair in pairs for name in JUDGED)
    rows += leaves(summary["margins"], 4) + leaves(summary["aa_rates"], 2)
    rows += len(summary["ledger"]) + len(summary["published"]["rows"])
    for kinds in summary["breakdowns"].values():
        rows += sum(len(group) for kind in kinds.values() for group in kind.values())
    for kinds in summary["losses"].values():
        rows += sum(found["cells"] for found in kinds.values())
    for found in summary["revalidation"].values():
        rows += 1 + len(found["premises"])
        rows += round(found["judged"] * (1 - found["stands"]["mean"]))
    rows += len(summary["search"])
    rows += sum(len(frame) for frame in (searched.tables()[name][0] for name in SEARCH_TABLES))
    rows += len(planted_live.live(planted(drawn.cells)))
    rows += sum(1 + len(run["rows"]) for run in summary["tuned"].values())
    rows += sum(len(one["evidence"]) for one in summary["guardrails"].values())
    rows += len(GATE["checks"]) + len(GATE["points"])
    rows += sum(one.rows(summary) for one in planters() if hasattr(one, "rows"))
    rows += 2 + len(page_sources())  # two tables quoted, those browsed
    rows += len(list(first.pairs(summary))) + len(list(first.replays(summary)))
    parser = Loads()
    parser.feed(whole)
    assert parser.rows == rows + parser.tables  # a header each


def test_text_is_escaped(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    summary["claims"][0]["sentence"] = "<script>alert(1)</script>"
    text = html.page(summary, [], {**{name: [] for name in ROWS}, "gate": GATE}, [])
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def written(summary_path: Path, folder: Path) -> str:
    """All pages in Markdown, one after the other."""
    out = folder / "RESULTS.md"
    assert results_md.main(["--summary", str(summary_path), "--out", str(out)]) == 0
    return "".join(path.read_text() for path in (out, *sorted(folder.glob("details/*.md"))))


def test_markdown_holds_every_claim_and_reading(summary_path: Path, tmp_path: Path) -> None:
    text = written(summary_path, tmp_path)
    summary = json.loads(summary_path.read_text())
    for claim in summary["claims"]:
        assert claim["sentence"] in text
        assert claim["command"] in text
    assert all(reading in text for reading in summary["readings"])
    for line in (line for line in text.splitlines() if line.startswith("|")):
        assert line.endswith("|")
    assert set(re.findall(r"\(\.\./figures/(\w+)\.png\)", text)) == set(CAPTIONS)


def test_the_first_page_is_short_and_leads_to_all_others(
    summary_path: Path, tmp_path: Path
) -> None:
    written(summary_path, tmp_path)
    first = (tmp_path / "RESULTS.md").read_text()
    assert len(first.splitlines()) <= 150
    links = set(re.findall(r"\]\((details/\w+\.md)\)", first))
    assert links == {f"details/{name}.md" for name in DETAILS}
    for link in links:
        text = (tmp_path / link).read_text()
        assert "](../RESULTS.md)" in text and re.search(r"^## ", text, re.MULTILINE)


def test_a_strategy_that_no_budget_changes_has_one_row(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    rows = transfer_rows(next(iter(summary["transfer"].values())), ("1", "8", "128"))
    budgets: dict[str, list[str]] = {}
    for strategy, budget, _ in rows:
        budgets.setdefault(strategy, []).append(budget)
    assert budgets["S1"] == budgets["committed"] == ["any"]
    assert budgets["S2"] == budgets["random"] == ["1", "8", "128"]


def test_a_recording_without_the_published_method_says_so(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    del summary["cost"]["upstream_method"]
    assert "was not sampled" in results_md.pages(summary)["details/cost.md"]


@pytest.mark.parametrize("content", ["[]", '{"provenance": {}}', "nonsense"])
def test_a_file_that_is_no_summary_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    path = tmp_path / "summary.json"
    path.write_text(content)
    assert results_md.main(["--summary", str(path), "--out", str(tmp_path / "R.md")]) == 2
    assert "summary" in capsys.readouterr().err
    assert not (tmp_path / "R.md").exists()


def test_a_figure_without_a_caption_or_a_file_is_named(
    inputs: dict[str, Path], summary_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*page_arguments(inputs, summary_path), "--out", str(tmp_path / "r.html")]
    for name in ("mystery.svg", "curves.svg"):
        assert html.main([*arguments, "--figures", str(tmp_path / name)]) == 2
        assert name.split(".")[0] in capsys.readouterr().err


def test_guardrails_are_told_with_their_evidence(summary_path: Path, tmp_path: Path) -> None:
    rows = [
        line
        for line in written(summary_path, tmp_path).splitlines()
        if re.match(r"\| [GFE]\d \|", line)
    ]
    assert [row.split(" | ")[0] for row in rows] == ["| G1", "| G5", "| F2"]
    assert all("| yes |" in row for row in rows)
    assert "85 of 85 files" in rows[0]
