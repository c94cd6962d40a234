"""Tables of a live audit, counted and computed again by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.audit.live.answers import Answer, read_answers
from scripts.audit.live.grid import Compared
from scripts.audit.live.results import findings, held, main, tables
from scripts.audit.probes import ORDER
from scripts.lib.chain import Chain
from scripts.lib.files import InputError
from scripts.lib.schemas.audit_live import LIVE_GRID
from scripts.lib.tables import read_table
from tests.audit.live.invented import (
    CELLS,
    DEVICE,
    FAST,
    LAYER,
    PROCESSES,
    RATIO,
    SLOW,
    WIDE,
    answers,
    cell,
)

TABLES = {name: frame for name, (frame, _) in tables(answers(), [], 0.01).items()}


def row(first: str, ep: int, tokens: int) -> pd.Series:
    grid = TABLES["grid"]
    mine = grid[(grid["first"] == first) & (grid["ep"] == ep) & (grid["tokens"] == tokens)]
    assert len(mine) == 1
    return mine.iloc[0]


def test_ratio_sign_spread_and_floor_are_those_of_the_rounds() -> None:
    found = row("published", 1, 1)
    logs, medians, same = [], [], []
    for one in answers():
        if one.key != "EP1/M1" or not one.process.startswith("grid") or one.answer is None:
            continue
        us = np.log(np.array(one.answer["pairs"][0]["us"]))
        same.append(np.median(us[:, 1] - us[:, 0]))
        if us.shape[1] == 4:
            same.append(np.median(us[:, 3] - us[:, 2]))
            logs.append(us[:, 2:].mean(axis=1) - us[:, :2].mean(axis=1))
            medians.append(np.median(logs[-1]))
    assert (found["processes"], found["matched"]) == (PROCESSES, 1)
    assert found["ratio"] == pytest.approx(np.exp(np.median(np.concatenate(logs))))
    assert found["ratio"] == pytest.approx(RATIO, rel=1e-3)
    assert found["low"] < found["ratio"] < found["high"]
    assert found["word"] == "win"
    assert found["faster"] == len(medians) == 2
    assert found["spread"] == pytest.approx(np.exp(max(medians) - min(medians)) - 1)
    assert found["floor"] == pytest.approx(np.exp(np.abs(same).max()) - 1)


def test_rounds_of_processes_that_disagree_do_not_add_up_to_a_win() -> None:
    """Each process is sure of its own ratio; one is faster, the other is not."""
    pair = Compared()
    for over in (0.90, 1.001):
        wave = 1 + 0.001 * np.cos(np.arange(16))
        pair.add({"us": np.column_stack([wave, wave, over * wave**2, over * wave**2]).tolist()})
    found = pair.figures(0.01)
    assert found["low"] < 0.91
    assert found["high"] > 1.0
    assert (found["word"], found["faster"]) == ("tie", 1)


def test_picks_are_the_commonest_and_kernels_those_of_the_first_process() -> None:
    found = row("published", 1, 1)
    assert (found["pick_first"], found["pick_second"]) == (SLOW, FAST)  # 11 of 20
    assert found["kernels_first"] == found["kernels_second"] == 80.0
    assert found["pass_first"] == pytest.approx(100, rel=0.01)
    assert found["pass_second"] == pytest.approx(90, rel=0.01)
    assert found["parity"]
    assert found["running"] == 192


def test_one_config_in_every_process_has_no_ratio() -> None:
    found = row("published", 8, 1)
    assert (found["processes"], found["matched"]) == (PROCESSES, PROCESSES)
    assert pd.isna(found["ratio"])
    assert found["floor"] < 0.01


def test_a_cell_whose_process_ended_has_the_reason() -> None:
    found = row("sglang", 8, 64)
    assert found["reason"] == "worker exited"
    assert found["processes"] == 0
    assert pd.isna(found["parity"])


def test_flips_are_counted_over_all_processes() -> None:
    picks = TABLES["picks"].set_index(["tuner", "ep", "tokens"])
    found = picks.loc[("published", 1, 64)]
    chosen = [SLOW, SLOW, FAST] + [FAST if n % 2 else SLOW for n in range(4, 21)]
    fast = chosen.count(FAST) / 20
    assert found["restarts"] == 20
    assert found["choices"] == 2
    assert found["same"] == pytest.approx(max(fast, 1 - fast))
    shares = np.array([fast, 1 - fast])
    assert found["bits"] == pytest.approx(-(shares * np.log2(shares)).sum())
    assert picks.loc[("raced graphx", 1, 64)]["same"] == 1
    assert picks.loc[("careless", 1, 1)]["config_id"] == WIDE


def test_a_probe_of_flips_is_answered_by_processes() -> None:
    said = TABLES["findings"].set_index(["tuner", "probe"])
    assert list(TABLES["findings"]["probe"]) == list(ORDER)
    flips = said.loc[("published", "coin_flips")]
    cells = TABLES["picks"].query("tuner == 'published'")
    unlike = (cells["restarts"] * (1 - cells["same"])).sum()
    assert flips["effect"] == pytest.approx(unlike / cells["restarts"].sum())
    assert flips["verdict"] == "found"
    assert said.loc[("published", "bucket_cap")]["command"].endswith(
        "--only probes --keys published"
    )


def test_an_effect_told_by_one_process_stands_beside_that_of_an_earlier_audit() -> None:
    """One unlucky choice makes an effect that another process does not have."""
    now, then = (
        Answer(DEVICE, LAYER, "probes", "published", "probe", None, {"said": {"bucket_cap": {
            "verdict": "found", "evidence": "up to 13.61% behind", "effect": effect,
            "smallest": 0.01, "unit": "ratio - 1"}}})
        for effect in (0.1361, 0.0007)
    )  # fmt: skip
    (alone,), (both,) = findings([now]), findings([now], [then])
    assert alone["evidence"] == "up to 13.61% behind"
    assert both["evidence"] == "up to 13.61% behind; asked in an earlier audit, 0.07%"
    assert (both["effect"], both["verdict"]) == (0.1361, "found")


@pytest.mark.parametrize(
    ("effect", "verdict", "smallest"),
    [(0.03, "not_found", 0.04), (0.05, "found", 0.04), (None, "not_applicable", None)],
)
def test_figures_off_no_more_than_a_sound_tuners_are_no_finding(
    effect: float | None, verdict: str, smallest: float | None
) -> None:
    said = {"verdict": "found" if effect else verdict, "effect": effect, "evidence": "off",
            "smallest": None if effect is None else 0.006, "unit": "ratio - 1"}  # fmt: skip
    found = held("timing_policy", said, 0.02)
    assert (found["verdict"], found["smallest"]) == (verdict, smallest)
    assert held("bucket_cap", said, 0.02) == said
    assert held("timing_policy", said, None) == said


def test_two_ranks_that_tune_apart_are_two_processes() -> None:
    picks = ["a", "a", "b"], ["a", "a", "a"]
    made = [
        cell(f"flips-{number}", at, {"triton": one}, [])
        for at, chosen in zip(((1, 1), (8, 1)), picks, strict=True)
        for number, one in enumerate(chosen)
    ]
    said = {name: {"verdict": "not_applicable", "evidence": "it knows no ranks", "unit": "",
                   "effect": None, "smallest": None} for name in ORDER}  # fmt: skip
    for tuner in ("triton", "published"):
        made.append(Answer(DEVICE, LAYER, "probes", tuner, "probe", None, {"said": said}))
    found = {(row["tuner"], row["probe"]): row for row in findings(made)}
    ranks = found["triton", "ranks"]
    assert ranks["verdict"] == "found"
    assert ranks["effect"] == pytest.approx(2 / 6)
    assert "in 2 of 6 pairs" in ranks["evidence"]
    assert ranks["command"].endswith("--only grid flips")
    assert found["published", "ranks"]["verdict"] == "not_applicable"


def test_shapes_count_every_launch_of_a_comparison() -> None:
    shapes = TABLES["shapes"]
    sums = shapes.groupby(["ep", "tokens", "first", "second"])["calls"].sum()
    assert (sums == 192).all()
    assert len(sums) == 2 * len(CELLS) + 1


def test_command_reads_a_ledger_and_nothing_gives_empty_tables(tmp_path: Path) -> None:
    outs = [word for name in TABLES for word in (f"--out-{name}", str(tmp_path / name))]
    assert main(["--ledgers", "--margin", "0.01", *outs]) == 0
    assert len(read_table(tmp_path / "grid", LIVE_GRID)) == 0


def test_an_answer_before_a_run_is_no_ledger(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "ledger.jsonl")
    chain.append({"kind": "task"})
    chain.close()
    with pytest.raises(InputError, match=r"ledger.jsonl:1: an answer before"):
        read_answers([tmp_path / "ledger.jsonl"])
