"""What the pages say of the operator, and that they say so where nothing is recorded."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.agreement import AGAINST, SECTION, readings, sides_with_operator

DEVICE = "NVIDIA_H200"
ABOUT = Headline((), "")


def part(summary: dict[str, Any]) -> str:
    text = results_md.page(summary).partition("## Under the runtime's own operator\n")[2]
    return text.partition("\n## ")[0]


def test_the_summary_has_the_keys_of_the_operator(made: dict[str, Any]) -> None:
    op = made["runtime"][DEVICE]["op"]
    assert {"cells", "same_word", "flips", "correlation"} <= set(op)
    assert op["pairs"] >= op["cells"] > 0
    assert op["same_word"]["ci"][0] <= op["same_word"]["mean"] <= op["same_word"]["ci"][1]
    for parts in op["apart"].values():
        assert sum(one["pairs"] for one in parts.values()) == op["pairs"]
        same = sum(one["same_word"] for one in parts.values())
        assert same == round(op["same_word"]["mean"] * op["pairs"])


def test_every_format_has_a_row_and_one_without_a_file_only_its_check(made: dict[str, Any]) -> None:
    text = part(made)
    for scheme in ("all", "bf16", "int8_w8a16"):
        assert text.count(f"| H200 | {scheme} |") == 1 + 1 + 3 + 1
    assert text.count("| H200 | int4_w4a16 |") == 1
    assert "Nothing is recorded" not in text


def test_readings_stand_the_operator_beside_the_two_gemms(made: dict[str, Any]) -> None:
    words, worst, sglang = readings(made, ABOUT)
    op = made["runtime"][DEVICE]["op"]
    assert f"{100 * op['same_word']['mean']:.1f}%" in words
    assert f"{100 * op['same_word_again']['mean']:.1f}%" in words
    assert f"{op['two_gemm_worst']['mean']:.3f} if the two GEMMs chose" in worst
    held = {one["against"]: one["all"]["same_word"]["mean"] for one in op["beside"]}
    assert f"vLLM's word on {100 * held['operator']:.1f}%" in sglang
    assert f"two GEMMs on {100 * held['two_gemm']:.1f}%" in sglang


def test_recordings_beside_have_a_row_for_each_format_and_what_they_are_held_against(
    made: dict[str, Any],
) -> None:
    text = part(made).partition("**Another operator")[2]
    beside = made["runtime"][DEVICE]["op"]["beside"]
    assert {one["against"] for one in beside} == set(AGAINST)
    for one in beside:
        for name in ("all", *one["schemes"]):
            row = f"| H200 | {one['measured']} | {AGAINST[one['against']]} | {name} |"
            assert text.count(row) == 1


def test_without_a_recording_the_page_says_so(made: dict[str, Any]) -> None:
    bare = made | {"runtime": {}}
    assert "Nothing is recorded under a runtime's operator." in part(bare)
    assert list(readings(bare, ABOUT)) == []
    assert SECTION.values(bare)["agreeing"] == []


def test_gemms_side_with_the_operator_where_their_ratio_is_nearer_to_its_ratio() -> None:
    pairs = pd.DataFrame(
        {"op_cold": [1.02, 0.96, None], "op_ratio": [1.01, 1.01, 1.0], "ratio": [0.9, 0.95, 1.0]}
    )
    assert sides_with_operator(pairs) == [True, False, False]
