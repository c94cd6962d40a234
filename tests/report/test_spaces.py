"""Which configs are legal where: sections, tables and sentences say what the counts say."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scripts.report import results_md, wording
from scripts.report.matrices import schemes_by
from scripts.report.section import Headline
from scripts.report.sections.provenance import COMPILED
from scripts.report.sections.spaces import across, legality, readings, sample, space, space_sample
from tests.report import absent
from tests.report.absent import ABSENT, SOURCE
from tests.statistics.study import DEVICE

HEADLINE = Headline((SOURCE, ABSENT), f"{SOURCE}->{ABSENT}")


def test_a_space_holds_its_counts_and_what_the_compiler_says(made: dict[str, Any]) -> None:
    assert made["space"][DEVICE]["bf16"] == {
        "enumerated": 6,
        "prefiltered": 5,
        "legal": 3,
        "naive_formula": 2,
        "reasons": {"compile_error": 2, "shared_memory": 1},
        "binaries": {"compiled": 44, "drawn": 20},
        "triton": {"3.6.0": 64},
        "whole_space": {"rejected": 40, "accepted": 0},
        "compiler": {
            "registers": {"median": 96.0, "min": 64.0, "max": 255.0},
            "shared_bytes": {"median": 16384.0, "min": 16384.0, "max": 16384.0},
            "occupancy": {"median": 2.0, "min": 2.0, "max": 2.0},
            "spilling": 1,
            "rejected_by": {
                "prefilter": {"shared_memory": 1},
                "compiler": {"compile_error": 2},
            },
            "refused_binaries": {"compile_error": [absent.REFUSED_AS]},
        },
    }


def test_a_quantity_that_a_space_does_not_have_is_left_out(made: dict[str, Any]) -> None:
    entry = made["space"][ABSENT]["fp8_w8a8"]
    assert (entry["enumerated"], entry["pruned"], entry["legal"]) == (8000, 7100, 6900)
    assert not {"naive_formula", "whole_space", "compiler"} & set(entry)
    assert sum(entry["reasons"].values()) == entry["enumerated"] - entry["legal"]


def test_the_sample_and_the_matrix_of_legality_are_whole(made: dict[str, Any]) -> None:
    found = made["space_sample"]["sm_90"]["fp8_w8a8"]["GROUP_SIZE_M=16"]
    assert (found["binaries"], found["legality"], found["largest_spills"]) == (10, 9, 12)
    assert made["legality"][f"{SOURCE}->{ABSENT}"]["fp8_w8a8"] == {
        "configs": 50,
        "legal": 10,
        "legal_carried": 10,
        "reasons": {"compile_error": 10, "shared_memory": 30},
    }
    assert (
        len(made["legality"]) == absent.legality()[["source", "target"]].drop_duplicates().shape[0]
    )


def test_rows_of_the_tables() -> None:
    table = schemes_by(space(absent.space_counts(), absent.space()))
    assert table.columns == [ABSENT, DEVICE]
    cells = dict(table.rows)
    assert cells["bf16"][0] is None
    assert cells["bf16"][1]["legal"] == 3
    pairs = across(legality(absent.legality()))
    assert [name for name, _ in pairs.rows] == [ABSENT, SOURCE]  # DEVICE has no committed config
    totals = dict(pairs.rows)[SOURCE][pairs.columns.index(ABSENT)]
    assert totals == {"configs": 150, "legal": 40, "legal_carried": 40}
    by_arch = {(arch, name): found for arch, name, found in sample(
        space_sample(absent.space_sample())
    )}  # fmt: skip
    assert by_arch["sm_90", "GROUP_SIZE_M=16"]["binaries"] == 30
    assert by_arch["sm_90", "GROUP_SIZE_M=16"]["largest_registers"] == 8


def test_the_prefilter_is_judged_by_what_the_compiler_accepts() -> None:
    right = {"space": space(absent.space_counts(), absent.space())}
    assert readings(right, HEADLINE) == [
        "sm_90 bf16, the whole space compiled: of 40 binaries that the prefilter rejects the"
        " compiler accepts none."
    ]
    wrong = {"space": space(absent.space_counts(accepted=3), absent.space())}
    (text,) = readings(wrong, HEADLINE)
    assert "accepts 3; the prefilter is wrong there" in text


def test_the_published_formula_is_quoted_for_what_was_measured(made: dict[str, Any]) -> None:
    text = " ".join(made["readings"])
    assert "leaves 2 of 6 configs; the compiler accepts 3 and refuses 2" in text


def test_carried_configs_are_summed_over_number_formats() -> None:
    found = {"legality": legality(absent.legality()), "measured": {DEVICE: {}}}
    first, second = readings(found, HEADLINE)
    assert "of 100 committed configs" in first
    assert "0.0% are legal as they stand, 90.0% without the keys" in second


def test_the_results_page_holds_the_tables(made: dict[str, Any]) -> None:
    text = results_md.page(made)
    assert "| bf16 | – | 3 of 6 |" in text
    assert "| fp8_w8a8 | 6,900 of 8,000 | – |" in text
    assert "| H100 80GB HBM3 | 40 of 150 | 100 of 100 | 100 of 100 |" in text
    assert "| H200 | 6 | – | shared memory (1) | compile error (2) | 3 | 96 (64–255) | 1 |" in text
    assert "| MI300X | 80 of 80 | 0 → 60 of 80 | 0 → 72 of 80 |" in text
    assert "| sm_90 | GROUP_SIZE_M=16 | 30 | 29 | 27 | 26 | 26 | 0, 8, 12 |" in text


def test_tables_of_binaries_are_counted_rather_than_listed(made: dict[str, Any]) -> None:
    assert "tables of compiled binaries" not in results_md.page(made)
    recorded = {f"{COMPILED}{name}.parquet": "0" * 64 for name in ("a", "b", "c")}
    provenance = made["provenance"] | {"datasets": made["provenance"]["datasets"] | recorded}
    text = results_md.page(made | {"provenance": provenance})
    assert "3 tables of compiled binaries" in text
    assert f"{COMPILED}a.parquet" not in text


@given(st.dictionaries(st.text("abc_", min_size=1), st.integers(1, 10**6), min_size=1))
def test_counts_by_name_lose_nothing(counts: dict[str, int]) -> None:
    text = wording.named(counts)
    parts = [part.rpartition(" (") for part in text.split("), ")]
    numbers = [int(number.rstrip(")").replace(",", "")) for _, _, number in parts]
    assert numbers == sorted(counts.values(), reverse=True)
    assert wording.named({}) == wording.DASH
