"""The gate on recorded finals, each of its checks fired by one planted fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.claims import baseline as baselines
from scripts.claims.baseline import BASELINE, COLUMNS, lock_of, read_baseline, write_baseline
from scripts.claims.candidate import main as make_candidate
from scripts.claims.gate import END_TO_END, KERNEL, judge
from scripts.claims.gate import main as gate
from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.spec import read_spec
from scripts.lib.tables import read_table
from tests.claims.cases import (
    DATASET,
    LAYER,
    WINNER,
    Case,
    as_committed,
    engine_rows,
    in_layer,
    marked,
    recorded_best,
    slower,
    with_candidate,
    with_space,
    with_trial,
    without_baseline,
)
from tests.claims.conftest import FIRST, HISTORY_FILE, MEASURED, Study


@pytest.fixture(scope="session")
def case(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return recorded_best(study, tmp_path_factory.mktemp("gate"))


def test_the_recorded_best_may_be_claimed(case: Case) -> None:
    verdict = case.judged()
    assert verdict["claimable_win"]
    assert verdict["order"] == "dominates"
    assert verdict["reasons"] == []
    assert [point["tokens"] for point in verdict["points"]] == read_spec().token_grid
    assert all(check["pass"] for check in verdict["checks"].values())


def test_an_end_to_end_claim_needs_the_layer_measured(case: Case) -> None:
    verdict = case.judged(END_TO_END)
    assert not verdict["claimable_win"]
    assert not verdict["checks"]["end_to_end"]["pass"]
    assert "layer: 16: " in " ".join(verdict["reasons"])


def test_an_end_to_end_claim_needs_the_engine(case: Case) -> None:
    whole = in_layer(case)
    judged = {
        name: judge(
            whole.candidate, whole.baseline, whole.recordings, whole.space, read_spec(),
            END_TO_END, judging_half=True, layer=LAYER, outputs=outputs,
        )
        for name, outputs in {
            "none": None,
            "right": engine_rows(case),
            "wrong": engine_rows(case, outcome="wrong_output", reason="logits_diff 0.2"),
            "unread": engine_rows(case, outcome="file_not_read", reason="another file was read"),
        }.items()
    }  # fmt: skip
    assert {name: one["claimable_win"] for name, one in judged.items()} == {
        "none": False, "right": True, "wrong": False, "unread": False,
    }  # fmt: skip
    assert judged["wrong"]["reasons"] == ["engine: m-0: wrong_output: logits_diff 0.2"]
    assert "was never run" in judged["none"]["reasons"][0]


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        (lambda c: with_candidate(c, 4096, None), "coverage", "candidate: 4096: is missing"),
        (lambda c: with_candidate(c, 5000, "M16-N32-K64-G1-W4-S3"), "coverage", "not on the token"),
        (without_baseline, "coverage", "baseline: 4096: is missing"),
        (lambda c: with_candidate(c, 16, "M256-N32-K64-G1-W4-S2"), "coverage",
         "no recording paired both configs; python -m scripts.measure.sweep --cells NVIDIA_H200/"),
        (marked, "coverage", "cell is drifted"),
        (marked, "kernel_path", "was not measured on an unmarked cell"),
        (lambda c: slower(c, 1.2), "kernel_path", "16: M16-N64-K64-G1-W4-S3 is slower beyond"),
        (lambda c: slower(c, 1.2, "layer"), "end_to_end", "layer: 16: "),
        (lambda c: with_trial(c, outcome="mismatch"), "correctness", "was not correct"),
        (lambda c: with_trial(c, logits_diff=0.02), "correctness", "was not correct"),
        (lambda c: with_trial(c, logits_diff=float("nan")), "correctness", "was not correct"),
        (with_trial, "correctness", "was never checked"),
        (lambda c: with_space(c, listed=False), "ahead_of_time", "is not in the space"),
        (lambda c: with_space(c, listed=True), "ahead_of_time", "is not legal: shared_memory"),
        (as_committed, "win", "there is no win to claim"),
    ],
)  # fmt: skip
def test_each_check_is_hard(
    case: Case, change: Callable[[Case], Case], check: str, says: str
) -> None:
    verdict = change(case).judged()
    assert not verdict["claimable_win"]
    assert not verdict["checks"][check]["pass"]
    assert any(says in reason for reason in verdict["checks"][check]["reasons"])


def test_a_regression_makes_files_incomparable(case: Case) -> None:
    assert slower(case, 1.2).judged()["order"] == "incomparable"
    assert as_committed(case).judged()["order"] == "equal"


def test_a_second_recording_that_shows_no_win_takes_it_away(case: Case) -> None:
    verdict = slower(case, 1.0).judged()
    (point,) = [one for one in verdict["points"] if one["tokens"] == WINNER]
    assert point["standing"] == "equal"
    assert [one["recording"] for one in point["kernel"]] == [DATASET, "planted"]
    assert verdict["claimable_win"]  # elsewhere it still wins


def test_what_picked_a_config_does_not_judge_it(case: Case) -> None:
    half, whole = case.judged(), case.judged(judging_half=False)
    rounds = [one["points"][4]["kernel"][0]["rounds"] for one in (half, whole)]
    assert rounds == [20, 40]


def run(case: Case, *more: str, baseline: Path = BASELINE, candidate: str = "") -> int:
    words = ["--candidate", candidate or str(case.files / "candidate.json")]
    words += ["--baseline", str(baseline), "--layer", LAYER, "--judging-half"]
    words += ["--finals", str(MEASURED / DATASET / "finals.parquet")]
    return gate([*words, "--space", str(case.files / "space.parquet"), *more])


def test_the_command_says_so_in_json_and_by_its_status(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "verdict.json"
    assert run(case, "--claim", KERNEL, "--out", str(out)) == 0
    verdict = json.loads(out.read_text())
    assert verdict["claimable_win"] is True
    assert verdict["baseline"]["sha256"] == json.loads(lock_of(BASELINE).read_text())["sha256"]
    assert run(case, "--out", str(out)) == 1
    assert json.loads(out.read_text())["claimable_win"] is False


def test_an_edited_baseline_is_refused(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baseline.csv"
    path.write_text(BASELINE.read_text().replace(",40,finals", ",41,finals", 1))
    lock_of(path).write_text(lock_of(BASELINE).read_text())
    assert run(case, baseline=path) == 2
    assert f"{path}: is not what {lock_of(path)} holds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "not found"),
        ("{", "not valid JSON"),
        ("[]", "holds no JSON object"),
        ('{"M1": {}}', "M1: is no number of tokens"),
        ('{"1": {"BLOCK_SIZE_M": 16}}', "1: "),
    ],
)
def test_a_bad_candidate_is_named(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str | None, says: str
) -> None:
    path = tmp_path / "bad.json"
    if body is not None:
        path.write_text(body)
    assert run(case, candidate=str(path)) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert says in said


def test_wrong_tables_and_names_are_refused(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(case, "--baseline", "nowhere.csv") == 2
    assert "nowhere.csv: not found" in capsys.readouterr().err
    assert run(case, "--layer", "NVIDIA_H200/E8-N3584-K4096-top2-fp16") == 2
    assert "nearest: " in capsys.readouterr().err
    assert run(case, "--space", str(HISTORY_FILE)) == 2
    assert "holds history/1, expected space/2" in capsys.readouterr().err
    assert run(case, "--layer", "NVIDIA_H200/E8-N3584-K4096-top2-fp8_w8a8") == 2
    assert "name that one" in capsys.readouterr().err


def test_a_candidate_of_an_unknown_dataset_is_refused(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--gains", str(case.files / "gains.parquet"), "--layer", LAYER, "--out", "x.json"]
    assert make_candidate([*words, "--dataset", "nvidia_h200-bf61"]) == 2
    assert "nearest: nvidia_h200-bf16" in capsys.readouterr().err


def test_the_locked_baseline_is_what_its_command_makes(study: Study, tmp_path: Path) -> None:
    locked = {
        Path(name).parent.name for name in json.loads(lock_of(BASELINE).read_text())["inputs"]
    }
    history = read_table(HISTORY_FILE, HISTORY)
    folders = [MEASURED / name for name in FIRST if name in locked]
    table = baselines.make_baseline(study.coverage, history, folders, read_spec().logits_diff)
    write_baseline(tmp_path / "baseline.csv", table, [HISTORY_FILE])
    assert (tmp_path / "baseline.csv").read_bytes() == BASELINE.read_bytes()
    assert list(read_baseline(BASELINE).columns) == COLUMNS


def test_a_committed_config_that_failed_is_no_baseline(study: Study) -> None:
    history = read_table(HISTORY_FILE, HISTORY)
    with pytest.raises(InputError, match="no baseline"):
        baselines.make_baseline(study.coverage, history, [MEASURED / DATASET], 1e-12)
    other = history.assign(config_id="M16-N32-K64-G1-W4-S3")
    with pytest.raises(InputError, match="is not what E=8,N=1792"):
        baselines.make_baseline(study.coverage, other, [MEASURED / DATASET], 0.01)
