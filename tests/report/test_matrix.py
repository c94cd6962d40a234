"""The matrix in the results: counts, features, what was planted."""

from __future__ import annotations

from typing import Any

from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.matrix import STATES, matrix, readings
from tests.matrix.small_run import small_run, small_tables
from tests.statistics.study import DEVICE


def test_counts_are_those_of_the_cells(made: dict[str, Any]) -> None:
    judged = small_run().judged.values()
    own = [one for one in judged if one.cell.kind != "planted"]
    assert made["matrix"]["cells"] == len(own)
    assert made["matrix"]["valid"] == sum(one.state == "valid" for one in own)
    assert made["matrix"]["not_supported"] == 1
    assert made["matrix"]["invalid"] == sum(one.state == "invalid" for one in own)
    assert made["matrix"]["planted_invalid"] == 1


def test_the_states_of_a_table_add_up_to_its_cells(made: dict[str, Any]) -> None:
    """A planted cell that is invalid is none of those that the matrix asks for."""
    assert sum(made["matrix"][state] for state in STATES) == made["matrix"]["cells"]


def test_features_have_their_outcomes(made: dict[str, Any]) -> None:
    found = {one["name"]: one["outcome"] for one in made["matrix"]["features"]}
    assert found["moe=marlin"] == "met" and found["inputs=fp8"] == "not_supported"
    page = results_md.page(made)
    (one,) = [one for one in made["matrix"]["features"] if one["name"] == "moe=marlin"]
    assert one["low"] <= one["value"] <= one["high"] < one["limit"]
    low, high = f"{one['low']:.3f}", f"{one['high']:.3f}"
    assert f"| moe=marlin | small | tg16 | 0.800 | {low} to {high} | 0.90 | met |" in page


def test_what_is_put_in_is_found_against_the_earlier_record(made: dict[str, Any]) -> None:
    found = {(one["planted"], one["what"]): (one["numbers"], one["regressions"])
             for one in made["matrix"]["compared"]}  # fmt: skip
    assert found["nothing", "times on the clock"] == (24, 0)
    assert found["slower", "times on the clock"] == (24, 24)
    assert found["heavier", "peaks of memory"] == (6, 6)
    assert "this against itself, all peaks higher | peaks of memory | 6 | 6 | 0 |" in (
        results_md.page(made)
    )


def test_what_was_planted_and_found_stands_on_the_page(made: dict[str, Any]) -> None:
    found = {one["cell"]: one["found"] for one in made["matrix"]["planted"]}
    assert found["small/planted-heavier"] == "1.20 GB more at the peak"
    assert found["small/planted-hang"].startswith("hang: ")
    assert "1.20 GB more at the peak" in results_md.page(made)


def test_engines_slowed_for_real_stand_beside_what_was_foretold(made: dict[str, Any]) -> None:
    found = made["matrix"]["slowed"]
    told = {
        one["metric"]: (one["cell"], one["foretold"], one["found"]) for one in found["foretold"]
    }
    assert told["tg16"] == ("small/attention=TRITON_ATTN", 1.25, True)
    assert told["step_gpu"] == ("small/attention=TRITON_ATTN", 1.0, False)
    assert found["boots"] == 3
    assert [(one["what"], one["numbers"], one["found"]) for one in found["again"]] == [
        ("the GPU's times", 6, 0),
        ("times on the clock", 12, 0),
    ]
    page = results_md.page(made)
    assert "each is held against 3 boots with the good file" in page
    assert "| small/attention=TRITON_ATTN | tg16 | 1.250 | 1.3" in page
    assert "The good file again, each boot against the others, the GPU's times: 6 judged, 0" in page


def test_a_sentence_says_what_came_of_all_cells(made: dict[str, Any]) -> None:
    (said,) = readings(made, Headline((), ""))
    assert "9 cells, of 8 the numbers count, 0 failed, 1 not supported, 0 not reached" in said
    assert "0 INVALID (and of the planted ones 1)" in said
    assert "criteria met: 1 of 1 that were decided, 0 were not" in said
    assert said.endswith(
        "Engines slowed for real: 1 of 2 times that were foretold are called a regression."
    )


def test_without_a_record_nothing_is_said() -> None:
    empty = {name: frame.iloc[:0] for name, (frame, _) in small_tables().items()}
    found = {"first_gpu": DEVICE, "matrix": matrix(empty, DEVICE)}
    assert found["matrix"]["cells"] == 0 and not list(readings(found, Headline((), "")))
