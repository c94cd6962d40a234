"""Each number of the page to browse is under a table that the page names, with hash and command."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.files import InputError
from scripts.report import html, trace
from scripts.report.numerals import printed, typed
from scripts.report.origins import ORIGINS, origins, sources
from scripts.report.section import read_files
from scripts.report.sections import WORDS as CONSTANTS
from scripts.report.sections import page_sources
from scripts.report.traced import traced, unmarked

EVERY = {one for found in ORIGINS.values() for one in found}
# Claims bring their own commands; readings and scope restate; provenance is what others refer to.
OWN = {"claims", "reading", "scope", "provenance"}
# What this page says with a number in it, and the Markdown does not.
WORDS = (
    *trace.ALLOWED,
    "within 5%",
    "16-bit",
    "Relative differences, 0.01 is 1%",
    "Two slots of one config",
    "not shown to be under 2%.",
    "with all four intervals",
    "the whole interval above 1.",
)


@pytest.fixture(scope="module")
def marked(inputs: dict[str, Path], summary_path: Path) -> str:
    """The page, its figures marked."""
    summary = json.loads(summary_path.read_text())
    sources = page_sources()
    rows = html.browse(read_files([inputs[one.name] for one in sources], sources))
    made = [{"file": one.file, "sha256": "0" * 64, "command": one.command} for one in EVERY]
    plain = html.page(summary, [], rows, made)
    page = html.page(
        trace.traced_summary(summary),
        [],
        traced(rows, "rows"),
        made,
        traced(CONSTANTS),
    )
    assert unmarked(page) == plain
    return page


def sections(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section id="([\w-]+)">(.*?)</section>', page, re.DOTALL))


def unnamed(marked: str) -> set[str]:
    """Sections with figures of a table that they do not name with its command."""
    lost = set()
    for name, part in sections(marked).items():
        text = "" if name in OWN else unescape(unmarked(part))
        for place in {place for figure in printed(part) for place in figure.places if text}:
            assert origins(place), f"{name}: {place} has no origin"
            for one in origins(place):
                module = (one.command or "").removeprefix("python -m ")
                if one.command and not (one.name in text and module in text):
                    lost.add(f"{name}: lacks {one.name} or {module}")
    return lost


def test_sections_name_the_tables_of_their_figures(marked: str) -> None:
    assert {"guardrails", "cells", "provenance", "transfer"} <= set(sections(marked))
    assert unnamed(marked) == set()


def test_a_section_that_names_no_command_is_found(marked: str) -> None:
    planted = marked.replace("by scripts.claims.gate", "by hand")
    assert unnamed(planted) == {"guardrails: lacks gate.json or scripts.claims.gate"}


def test_every_table_has_its_hash_and_its_command(marked: str) -> None:
    provenance = unescape(unmarked(sections(marked)["provenance"]))
    files = {one.file for one in EVERY if one.command}
    assert [name for name in files if f"<code>{name}</code>" not in provenance] == []


def test_nobody_typed_a_number(marked: str, summary_path: Path) -> None:
    no_text = r"<(style|script|code)\b[^>]*>.*?</\1>|<td class=\"id\">.*?</td>"  # and names
    body = re.sub(no_text, "", marked, flags=re.DOTALL)
    known = trace.names(json.loads(summary_path.read_text()))
    # A table's cell ends what is said in it.
    text = unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</t[dh]>", "\n", body)))
    found = sorted({(one.text, one.context) for one in typed(text, known, WORDS)})
    assert found == [], "\n".join(map(str, found))


def test_the_gate_s_verdict_and_all_evidence_are_told(marked: str, summary_path: Path) -> None:
    text = unescape(unmarked(sections(marked)["guardrails"]))
    summary: dict[str, Any] = json.loads(summary_path.read_text())
    for found in summary["guardrails"].values():
        assert found["rule"] in text
        for one in found["evidence"]:
            assert {True} == {str(one[key]) in text for key in ("says", "path", "command")}
    assert "<strong>Yes</strong>: over 1 numbers of tokens it dominates" in text
    assert "1" * 64 in text


def test_sources_are_files_with_hash_and_command(tmp_path: Path) -> None:
    tables = [Path("data/upstream.yaml"), Path("data/upstream.yaml"), Path("README.md")]
    rows = sources(tables)
    assert [row["file"] for row in rows] == ["README.md", "data/upstream.yaml"]
    assert rows[0]["sha256"] == sha256(Path("README.md").read_bytes()).hexdigest()
    assert rows[0]["command"] == "make README.md"
    with pytest.raises(InputError, match="not found; `make` builds it"):
        sources([tmp_path / "none.parquet"])
