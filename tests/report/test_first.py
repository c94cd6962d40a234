"""The first screen: what decides stands first, both pages say the same, all of it leads on."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.device import short_name
from scripts.report import html, results_md
from scripts.report.section import Finding
from scripts.report.sections import BY_TOPIC, DETAILS, ROWS, TOPICS, first, scope
from tests.report.written import GATE


@pytest.fixture
def summary(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


def findings(summary: dict[str, Any]) -> list[tuple[str, Finding]]:
    return [one for group in first.grouped(summary).values() for one in group]


def test_each_finding_leads_to_a_page_of_details(summary: dict[str, Any]) -> None:
    sections = {section for section, _ in findings(summary)}
    assert sections >= {"expected", "health", "serving", "engine", "agreement", "cold", "teaching"}
    assert sections <= set(DETAILS)


def test_both_pages_say_the_same_in_the_same_order(summary: dict[str, Any]) -> None:
    markdown = results_md.pages(summary)["RESULTS.md"]
    page = html.page(summary, [], {**{name: [] for name in ROWS}, "gate": GATE}, [])
    page = page.partition("</header>")[0]
    plain = unescape(re.sub(r"</?(?:code|b)>", "", page))
    every = [one for _, one in findings(summary)]
    for text, said in (
        (markdown, [f"**{one.lead}**: {one.text}" for one in every]),
        (plain, [f"{one.lead}: {one.text}".replace("`", "") for one in every]),
    ):
        places = [text.index(one) for one in said]
        assert places == sorted(places)


def test_without_any_operator_all_rests_on_our_own_kernel(summary: dict[str, Any]) -> None:
    with_operator = list(scope.rests(summary))
    for part in summary["runtime"].values():
        part.pop("op", None)
    (only,) = scope.rests(summary)
    assert len(with_operator) > 1 and "graphx's own kernel" in only
    assert "operator" not in only
    assert "agreement" not in {section for section, _ in findings(summary)}


def test_what_the_operator_was_recorded_for_is_counted(summary: dict[str, Any]) -> None:
    (part,) = summary["runtime"].values()
    part["op"]["op_over"] |= {"n": 4321, "files": 87}
    said = next(scope.rests(summary))
    assert "for 4,321 rows of 87 layers" in said
    assert all(scheme in said for scheme in part["op"]["schemes"])


def test_a_gpu_out_replay_stands_beside_those_that_the_gpu_taught(summary: dict[str, Any]) -> None:
    rows = list(first.replays(summary))
    device = rows[0]["device"]
    mine = [row for row in rows if row["device"] == device and "from the file" not in row["known"]]
    assert [len(row["trials"]) for row in mine] == [2, 2, 0]
    assert rows[2]["first"] == summary["cold"][f"none->{device}"]["K"]["1"]


def test_every_section_says_what_it_answers() -> None:
    every = {one.name: one for sections in BY_TOPIC.values() for one in sections}
    assert [name for name in DETAILS if not every[name].about] == []
    assert len(every) == sum(map(len, TOPICS.values()))


def test_a_registered_gpu_is_told_by_the_gpu_that_is_started_from(summary: dict[str, Any]) -> None:
    cold = {key: one for key, one in summary["cold"].items() if not key.startswith("none->")}
    (key, one), *_ = sorted(cold.items(), key=lambda item: -item[1]["n"])
    source, device = key.split("->")
    found = list(first.started(summary, device))
    assert found[0]["known"].endswith(f"from the file of {short_name(source)}")
    assert (found[0]["first"], found[0]["eight"]) == (one["K"]["1"], one["eight"])
    assert list(first.started(summary | {"registered": {}}, device)) == []
    # A recorded GPU comes before one with more cells; no more than some are told.
    many = {f"GPU_{n}->{device}": one | {"n": 100 + n} for n in range(9)}
    told = list(
        first.started(summary | {"cold": cold | many, "measured": [source, device]}, device)
    )
    assert len(told) == first.STARTED
    assert told[0] == found[0] and told[1]["cells"] == 108
