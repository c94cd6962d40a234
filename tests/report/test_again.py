"""Sections on classes, losses and second recordings: the figures of their tables, no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scripts.lib.schemas.breakdowns import BREAKDOWNS
from scripts.lib.schemas.losses import LOSSES
from scripts.lib.schemas.revalidation import REVALIDATION
from scripts.lib.tables import read_table
from scripts.report import elsewhere, results_md
from scripts.report.sections import published as published_section
from scripts.report.sections.losses import losses
from scripts.report.sections.published import Status
from scripts.report.wording import published
from tests.report.again import SECOND
from tests.statistics.study import DEVICE

H100, MI300X = "NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X"
PAIR = f"{H100}->{MI300X}"


@pytest.fixture(scope="module")
def text(made: dict[str, Any]) -> str:
    return results_md.page(made)


def test_classes_keep_their_order_and_their_figures(
    made: dict[str, Any], inputs: dict[str, Path]
) -> None:
    groups = made["breakdowns"][DEVICE]["copied"]
    assert [found["value"] for found in groups["M"]] == ["up to 64", "65 to 512", "from 513"]
    assert groups["all"][0]["judged"] == 4
    assert groups["all"][0]["speedup_winners"]["mean"] == 1.25
    (lost,) = (found for found in groups["source"] if found["value"] == "MI300X")
    assert lost["loss"]["mean"] == 1.0
    assert "speedup_winners" not in lost
    table = read_table(inputs["breakdowns"], BREAKDOWNS)
    classes = table.groupby(["what", "by", "value"]).ngroups
    kinds = made["breakdowns"][DEVICE].values()
    assert sum(len(group) for kind in kinds for group in kind.values()) == classes


def test_losses_are_counted_by_cause_and_listed(made: dict[str, Any], text: str) -> None:
    lost, behind = (made["losses"][DEVICE][kind] for kind in ("loss", "behind"))
    assert (lost["cells"], behind["cells"]) == (2, 1)
    assert {name for name, n in lost["causes"].items() if n} == {"space", "noise"}
    assert {name for name, n in behind["causes"].items() if n} == {"budget"}
    assert (lost["at_pattern_tokens"], lost["never_tried_tile"]) == (1, 1)
    assert [row["again_verdict"] for row in lost["rows"]] == ["loss", "tie"]
    assert lost["rows"][0]["ratio"] == {"mean": 1.05, "ci": [1.048, 1.052]}
    for row in lost["rows"]:
        assert f"| {row['cell_id']} |" in text
        assert row["evidence"] in text


def test_a_second_recording_is_summed_up(
    made: dict[str, Any], inputs: dict[str, Path], text: str
) -> None:
    table = read_table(inputs["revalidation"], REVALIDATION)
    found = made["revalidation"][SECOND]
    judged = table.dropna(subset="standing")
    assert (found["cells"], found["judged"]) == (len(table), len(judged))
    for word in ("stands", "flips", "undecided"):
        share = (judged["standing"] == word).mean()
        assert found[word]["mean"] == pytest.approx(share, rel=1e-5)
    assert sum(found["verdicts"].values()) == len(judged)
    saving = found["saving"]
    assert saving["tie_trials"] == table["tie_trials"].sum()
    assert saving["seconds_share"] == pytest.approx(
        table["tie_seconds"].sum() / table["seconds"].sum(), rel=1e-5
    )
    assert found["premises"]["Triton"] == {"first": "3.6.0", "second": "3.6.0", "equal": True}
    assert f"| first ({SECOND}) |" in text


def rows_by_name(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in published_section.published(summary)["rows"]}


def with_pair(made: dict[str, Any], triples: int, mean: float) -> dict[str, Any]:
    """The summary with the published pair in its corpus."""
    gap = {"mean": mean, "ci": [130.0, 240.0], "n": triples, "ci_rows": [mean - 12, mean + 12]}
    pair = {"triples": triples, "gap_days_last": gap, "gap_days_first": gap}
    return made | {"corpus": made["corpus"] | {"pairs": {PAIR: pair}}}


def test_a_published_figure_is_reproduced_only_if_ours_says_the_same(made: dict[str, Any]) -> None:
    rows = rows_by_name(with_pair(made, elsewhere.TRIPLES, 185.8))
    assert rows["triples of the pair"]["status"] == Status.REPRODUCED
    assert rows["gap by last commit, days"]["status"] == Status.REPRODUCED
    assert rows["gap by last commit, days"]["ours"]["mean"] == 185.8
    rows = rows_by_name(with_pair(made, elsewhere.TRIPLES - 1, 150.0))
    assert rows["triples of the pair"]["status"] == Status.DIFFERS
    assert rows["gap by last commit, days"]["status"] == Status.DIFFERS


def test_what_needs_the_absent_gpu_has_no_figure_of_ours(made: dict[str, Any]) -> None:
    rows = published_section.published(with_pair(made, elsewhere.TRIPLES, 185.8))
    absent = [row for row in rows["rows"] if row["status"] == Status.NOT_MEASURABLE]
    assert len(absent) >= 5
    assert all(row["ours"] is None and row["why"] for row in absent)


def test_what_is_measured_nearest_comes_from_the_headline(made: dict[str, Any]) -> None:
    near = f"{H100}->{DEVICE}"
    found = made["headline"][near]["searched"]["all"]
    section = published_section.published(with_pair(made, elsewhere.TRIPLES, 185.8))
    assert section["nearest"][0] == near
    assert all(pair.split("->")[0] in elsewhere.PAIR for pair in section["nearest"])
    rows = {row["name"]: row["nearest"][0] for row in section["rows"]}
    assert rows["within 10% of it"] == found["within_10"]
    assert rows["at or under the committed config"] == found["win_rate"]
    replayed = made["transfer"][near]["S2"]["128"]
    assert rows["searched here with K = 128, replayed (S2): loss"] == replayed["loss"]


def test_without_a_measured_gpu_no_column_is_nearest(made: dict[str, Any]) -> None:
    section = published_section.published(made | {"headline": {}})
    assert section["nearest"] == []
    assert all(row["nearest"] == [] for row in section["rows"])


@pytest.mark.parametrize(
    ("figure", "unit", "written"),
    [
        (None, "rate", "–"),
        (269, "count", "269"),
        (0.972, "rate", "97.2%"),
        ({"mean": 0.861, "ci": [0.792, 0.944]}, "rate", "86.1% (79.2–94.4)"),
        ({"mean": 185.9, "ci": [174.1, 197.5]}, "days", "185.9 (174.1–197.5)"),
        ({"mean": 1.11, "ci": [1.05, 1.158]}, "ratio", "1.110 (1.050–1.158)"),
    ],
)
def test_a_published_figure_is_written_by_its_unit(figure: Any, unit: str, written: str) -> None:
    assert published(figure, unit) == written


def test_the_page_can_do_without_classes_losses_and_second_recordings(
    made: dict[str, Any],
) -> None:
    bare = made | {"breakdowns": {}, "losses": {}, "revalidation": {}}
    bare["published"] = published_section.published(bare)
    text = results_md.page(bare)
    assert "Losses, one by one" not in text
    assert "Which verdicts stand" not in text


def test_a_table_without_losses_gives_no_section() -> None:
    assert losses(pd.DataFrame(columns=LOSSES.names)) == {}
