"""Another operator beside vLLM's: each figure recomputed from planted latencies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.runtimes.default_config import default_config
from scripts.lib.schemas.agreement import OP_BESIDE
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table
from scripts.statistics.op_beside import bases, main, measured
from tests.statistics import planted_beside
from tests.statistics.test_agreement import COMMITTED, FIXED_US, MARGIN, TRUTH


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return planted_beside.made()


def of(table: pd.DataFrame, against: str, scheme: str = "all") -> pd.DataFrame:
    mine = table[(table["against"] == against) & (table["scheme"] == scheme)]
    return mine.set_index("metric")


def log_ratios() -> tuple[np.ndarray, np.ndarray]:
    """Of every pair, vLLM's true log ratio to committed and SGLang's."""
    theirs = planted_beside.sglang()
    pairs = [
        ((us + FIXED_US) / (by[COMMITTED] + FIXED_US),
         theirs[cell][name] / theirs[cell][COMMITTED])
        for cell, by in TRUTH.items()
        for name, us in by.items()
        if name != COMMITTED
    ]  # fmt: skip
    one, other = np.log(np.array(pairs)).T
    return one, other


def test_correlation_and_opposite_words_are_those_of_the_truth(table):
    found, (one, other) = of(table, "operator"), log_ratios()
    expected = np.corrcoef(one, other)[0, 1]
    # The default config is a pair too, and on one side by both.
    assert found.loc["correlation", "value"] == pytest.approx(expected, abs=0.03)
    n = found.loc["flips", "n"]
    assert n == len(one) + len(TRUTH)
    # The planted noise moves a median by less than 0.5%: surely opposite, and perhaps.
    sure, perhaps = (
        int(((one < -off) & (other > off)).sum()) for off in (np.log1p(MARGIN) + 0.005, 0.005)
    )
    assert 0 < sure <= round(found.loc["flips", "value"] * n) <= perhaps


def test_a_row_that_another_choice_would_export_costs_what_it_costs_there(table):
    """VLLM's finals choose the fastest of their own; SGLang's rounds say what that one takes."""
    theirs, worst = planted_beside.sglang(), 0.0
    for cell_id, by in TRUTH.items():
        chosen = min(by, key=lambda name: by[name])
        rows, cell = theirs[cell_id], parse_cell(cell_id)
        better = min(rows[COMMITTED], rows[default_config(cell.shape, cell.tokens).id])
        pick = min(chosen, "", key=lambda name: by.get(name, 29.0 - FIXED_US))
        taken = rows[pick] if pick else rows[default_config(cell.shape, cell.tokens).id]
        worst = max(worst, taken / better)
    found = of(table, "operator")
    assert found.loc["chosen_worst", "value"] == pytest.approx(worst, rel=0.01)
    assert found.loc["own_worst", "value"] <= 1 + MARGIN
    assert found.loc["own_over", "value"] == 0


def test_each_is_held_against_both(table):
    assert set(table["against"]) == {"operator", "two_gemm"}
    assert set(table["measured"]) == {"SGLang 0.5.23"}
    assert of(table, "two_gemm").loc["part", "value"] < of(table, "operator").loc["part", "value"]
    assert of(table, "operator").loc["logits_diff", "n"] == len(TRUTH) * 5


def test_whose_operator_it_was():
    assert measured([{"command": "python -m x --race", "packages": {"vllm": "0.24.0"}}]) == (
        "vLLM 0.24.0"
    )


def test_the_base_is_the_committed_config_or_else_the_default():
    ids = [
        f"NVIDIA_H200/E8-N256-K512-top2-{scheme}/M1"
        for scheme in ("bf16", "fp8_w8a8", "mxfp4_w4a16")
    ]
    cells = pd.DataFrame({"cell_id": ids, "committed_id": ["a", None, None]})
    default = default_config(parse_cell(ids[1]).shape, 1).id
    assert bases(cells) == {ids[0]: "a", ids[1]: default}


def test_without_a_recording_the_table_is_empty(tmp_path):
    own = planted_beside.recordings(tmp_path)[-1]
    out = tmp_path / "o.parquet"
    assert main(["--own", own, "--margin", "0.01", "--out", str(out)]) == 0
    assert read_table(out, OP_BESIDE).empty
