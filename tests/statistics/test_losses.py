"""A planted loss of each cause gets that cause, and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.losses import LOSSES, Cause, Kind
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.schemas.revalidation import REVALIDATION
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.statistics.losses import Evidence, explain, main, triton_versions
from tests.statistics.planted_states import errors_of
from tests.statistics.test_breakdown import filled

CELL = "NVIDIA_H200/E8-N256-K4096-top2-bf16/M512"
COMMITTED, NEAR, CHOSEN = (
    "M16-N64-K128-G1-W4-S3", "M16-N64-K128-G16-W4-S3", "M64-N64-K64-G1-W8-S3",
)  # fmt: skip
KNOWN = "M16-N32-K64-G1-W4-S3"
MARGIN = 0.01


def gained(ratio: float = 1.05, half: float = 0.005, **values: object) -> dict[str, object]:
    low, high = ratio - half, ratio + half
    return {
        "dataset": "d",
        "cell_id": CELL,
        "device": "NVIDIA_H200",
        "shape_id": CELL.split("/")[1],
        "scheme": "bf16",
        "tokens": 512,
        "committed_id": COMMITTED,
        "chosen_id": CHOSEN,
        "ratio": ratio,
        "low": low,
        "high": high,
        "verdict": "loss" if low > 1 + MARGIN else "win" if high < 1 - MARGIN else "tie",
    } | values


def again(verdict: str, ratio: float, half: float = 0.005, **values: object) -> dict[str, object]:
    return {
        "dataset": "d-again",
        "first": "d",
        "cell_id": CELL,
        "chosen_id": CHOSEN,
        "ratio": 1.05,
        "again_evidence": "paired",
        "again_verdict": verdict,
        "again_ratio": ratio,
        "again_low": ratio - half,
        "again_high": ratio + half,
    } | values


def tried(*configs: str, dataset: str = "d") -> pd.DataFrame:
    return pd.DataFrame({"config_id": configs}).assign(
        dataset=dataset, cell_id=CELL, outcome="correct"
    )


def evidence(**changes: object) -> Evidence:
    """Everything near was tried, the label is sound, its Triton the one measured with."""
    whole = Evidence(
        revalidation=filled([again("loss", 1.05)], REVALIDATION),
        coverage=filled([{"cell_id": CELL, "file": "f.json"}], COVERAGE),
        history=filled([{"file": "f.json", "triton_version": "3.6.0"}], HISTORY),
        trials=tried(COMMITTED, NEAR, CHOSEN),
        legal=pd.DataFrame({"config_id": [COMMITTED, NEAR, CHOSEN]}).assign(
            device="NVIDIA_H200", scheme="bf16"
        ),
        triton={"d": "3.6.0"},
        aa=errors_of([512], 0.01, "d"),
    )
    return replace(whole, **changes)


def explained(known: Evidence, *rows: dict[str, object]) -> pd.DataFrame:
    return explain(filled([*rows] or [gained()], GAINS), known, MARGIN)


def history(**values: object) -> pd.DataFrame:
    return filled([{"file": "f.json", "triton_version": "3.6.0"} | values], HISTORY)


ELSEWHERE = gained(0.97, dataset="other", chosen_id=KNOWN)
OUTSIDE = evidence().legal.query("config_id != @COMMITTED")


@pytest.mark.parametrize(
    ("cause", "known", "others", "words"),
    [
        (
            Cause.NOISE,
            evidence(revalidation=filled([again("tie", 1.005)], REVALIDATION)),
            [],
            "second recording: 1.0050 (1.0000 to 1.0100), a tie",
        ),
        (
            Cause.NOISE,
            # Of another cell: ratios move by 5% between the recordings.
            evidence(revalidation=filled([again("win", 1.0, cell_id="x")], REVALIDATION)),
            [],
            "holds by 0.0347; between recordings such a ratio moves by 0.0488 (median)",
        ),
        (Cause.SPACE, evidence(legal=OUTSIDE), [], f"{COMMITTED} is not in the legal space"),
        (
            Cause.BUDGET,
            evidence(trials=tried(COMMITTED, CHOSEN)),
            [],
            "1 of 1 legal configs one parameter away not tried",
        ),
        (
            Cause.BUDGET,
            evidence(),
            [ELSEWHERE],
            f"{KNOWN} runs at 0.9700 in other and was not tried",
        ),
        (
            Cause.CENSORED_LABEL,
            evidence(history=history(censored="tiles_multiple_of_block")),
            [],
            "label marked tiles_multiple_of_block",
        ),
        (
            Cause.VERSION,
            evidence(history=history(triton_version="3.4.0")),
            [],
            "its file names Triton 3.4.0, measured with 3.6.0",
        ),
        (Cause.BEST_KNOWN, evidence(), [], "all 1 legal configs one parameter away were tried"),
    ],
)
def test_a_planted_loss_gets_its_cause(
    cause: Cause, known: Evidence, others: list[dict[str, object]], words: str
) -> None:
    table = explained(known, gained(), *others)
    (row,) = table[table["dataset"] == "d"].to_dict("records")
    assert (row["kind"], row["cause"], row["evidence"]) == (Kind.LOSS, cause, words)


def test_the_first_cause_that_holds_is_the_nearest() -> None:
    known = evidence(
        legal=OUTSIDE,
        trials=tried(COMMITTED, CHOSEN),
        history=history(triton_version="3.4.0", censored="x"),
    )
    assert explained(known)["cause"].tolist() == [Cause.SPACE]
    noisy = replace(known, revalidation=filled([again("win", 0.9)], REVALIDATION))
    assert explained(noisy)["cause"].tolist() == [Cause.NOISE]


def test_a_config_that_was_tried_here_is_not_known_elsewhere_only() -> None:
    known = evidence(trials=tried(COMMITTED, NEAR, CHOSEN, KNOWN))
    row = explained(known, gained(), ELSEWHERE).iloc[0]
    assert row["cause"] == Cause.BEST_KNOWN
    assert pd.isna(row["known_id"])


def test_behind_is_within_the_margin_and_noise_if_its_interval_reaches_one_again() -> None:
    close = gained(1.006)
    table = explained(evidence(), close)
    assert (table["kind"].tolist(), table["cause"].tolist()) == ([Kind.BEHIND], [Cause.BEST_KNOWN])
    noisy = evidence(revalidation=filled([again("tie", 1.004)], REVALIDATION))
    assert explained(noisy, close)["cause"].tolist() == [Cause.NOISE]


@pytest.mark.parametrize(("error", "word"), [(0.01, "loss"), (0.03, "loss"), (0.04, "tie")])
def test_a_loss_may_be_none_by_the_widened_interval(error: float, word: str) -> None:
    known = evidence(aa=errors_of([512], error, "d"))
    # By plain numbers: 1.045 / exp(0.03) is 1.0141, 1.045 / exp(0.04) is 1.0040.
    assert word == ("loss" if 1.045 / np.exp(error) > 1.01 else "tie")
    assert explained(known)["widened"].tolist() == [word]
    assert explained(evidence(aa=errors_of([1], 0.0, "d")))["widened"].tolist() == ["tie"]


def test_without_a_second_recording_of_the_dataset_nothing_is_called_noise() -> None:
    known = evidence(revalidation=filled([again("tie", 1.0, first="other")], REVALIDATION))
    row = explained(known).iloc[0]
    assert row["cause"] == Cause.BEST_KNOWN
    assert pd.isna(row["moves"])


def test_wins_and_ties_that_reach_one_are_no_rows() -> None:
    assert explained(evidence(), gained(1.0), gained(0.9, cell_id=CELL + "0")).empty


def test_whether_the_committed_tile_was_tried_by_another_config() -> None:
    assert explained(evidence())["tile_tried"].tolist() == [True]
    known = evidence(trials=tried(COMMITTED, CHOSEN))
    assert explained(known)["tile_tried"].tolist() == [False]


def test_triton_versions_are_those_that_the_runs_name(tmp_path: Path) -> None:
    runs = [{"packages": {"triton": name}} for name in ("3.7.0", "3.6.0", "3.6.0")]
    for name, value in (("a", runs), ("b", [{}])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "runs.json").write_text(json.dumps({"runs": value}))
    paths = [tmp_path / name / "runs.json" for name in ("a", "b")]
    assert triton_versions(paths) == {"a": "3.6.0, 3.7.0", "b": "unknown"}


def test_main_writes_the_table(tmp_path: Path) -> None:
    known = evidence()
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "runs.json").write_text(json.dumps({"runs": [{"packages": {"triton": "3.6.0"}}]}))
    trials = filled(known.trials.drop(columns="dataset").to_dict("records"), TRIALS)
    space = filled(known.legal.assign(legal=True).to_dict("records"), SPACE)
    frames = {
        "gains": (filled([gained()], GAINS), GAINS),
        "revalidation": (known.revalidation, REVALIDATION),
        "coverage": (known.coverage, COVERAGE),
        "history": (known.history, HISTORY),
        "trials": (trials, TRIALS),
        "space": (space, SPACE),
        "aa": (known.aa, AA_RATES),
    }
    argv = ["--runs", str(folder / "runs.json"), "--out", str(tmp_path / "out.parquet")]
    for name, (frame, schema) in frames.items():
        write_table(folder / f"{name}.parquet", frame, schema)
        argv += [f"--{name}", str(folder / f"{name}.parquet")]
    assert main(argv) == 0
    assert read_table(tmp_path / "out.parquet", LOSSES)["cause"].tolist() == [Cause.BEST_KNOWN]
