"""A survey carried out in Triton's interpreter, cut off, gone on with and put together."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import yaml

from scripts.ledger.consolidate import consolidate
from scripts.ledger.scan import report
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError
from scripts.lib.recordings import Role, parse
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, write_table
from scripts.measure.controller.candidates import plan_of
from scripts.tune.survey import run
from scripts.tune.survey.collect import LEAST_COLLECT_S, seconds_of
from scripts.tune.survey.parts import FILE, Kind, Part, Survey, named, read_survey
from scripts.tune.survey.run import main
from scripts.tune.survey.steps import Terms, commands

DEVICE = "CPU_interpreter"
CELL = f"{DEVICE}/E4-N32-K32-top2-fp16/M2"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
CORPUS = Part("corpus-01", Kind.SWEEP, "cpu-corpus", Role.CORPUS, 5.0, 1, 1)
ABSENT = Part("complete-01", Kind.SWEEP, "cpu-complete", Role.COMPLETE)
AGAIN = Part("repeat", Kind.SWEEP, "cpu-again", Role.REPEAT, repeats="cpu-corpus", elsewhere=True)


def write(folder: Path, *parts: Part) -> None:
    write_table(folder / CORPUS.plan, plan_of([CELL], ["M16-N32-K32-G1-W4-S2"]), PLAN)
    Survey(DEVICE, parts, {"left_out": []}).write(folder)


def record(folder: Path, *options: str, seconds: int = 300) -> int:
    command = ["--survey", str(folder), "--backend", "interpreter", "--seconds", str(seconds)]
    return main([*command, *options])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A survey of one cell, a part whose plan is not there, and one for another machine."""
    folder = tmp_path_factory.mktemp("survey")
    write(folder, CORPUS, ABSENT, AGAIN)
    (folder / "model.json.xz").write_bytes(b"packed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHX_COMMIT", COMMIT)
        assert record(folder) == 2  # one part failed, the other is there all the same
    return folder


def test_what_is_measured_lies_as_recordings_are_kept(recorded: Path, tmp_path: Path) -> None:
    entries = yaml.safe_load((recorded / "recordings.yaml").read_text())
    # The registry takes them, but for the GPU, which is none.
    (one,) = parse([entry | {"device": "NVIDIA_H200"} for entry in entries], Path("recordings"))
    assert (entries[0]["device"], one.role, one.name) == (DEVICE, Role.CORPUS, "cpu-corpus")
    folder = recorded / "recorded" / Path(one.path).relative_to("data/recorded")
    ledger = folder / one.ledgers[0]
    assert report([ledger])["findings"] == []
    consolidate([ledger], tmp_path)
    assert read_table(tmp_path / "cells.parquet", CELLS)["cell_id"].tolist() == [CELL]
    assert read_table(tmp_path / "trials.parquet", TRIALS)["outcome"].tolist() == ["correct"]
    run = json.loads((tmp_path / "runs.json").read_text())["runs"][0]
    assert run["commit"] == COMMIT and list(one.kernels) == [run["kernel_hash"]]
    assert (folder / "model.json.xz").read_bytes() == b"packed"


def test_done_parts_are_not_measured_again(
    recorded: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setenv("GRAPHX_COMMIT", COMMIT)
    ledger = (recorded / "cpu-corpus.jsonl").read_bytes()
    assert record(recorded, "--parts", "corpus") == 0
    assert (recorded / "cpu-corpus.jsonl").read_bytes() == ledger
    assert "corpus-01: done before" in caplog.text
    assert seconds_of([CORPUS], recorded, 0) == LEAST_COLLECT_S  # it is archived as it is


def test_time_to_put_together_grows_with_what_is_measured(tmp_path: Path) -> None:
    assert seconds_of([CORPUS], tmp_path, 0) == LEAST_COLLECT_S
    (tmp_path / "cpu-corpus.jsonl").write_bytes(bytes(103_000_000 // 2))
    half = seconds_of([CORPUS], tmp_path, 0) - LEAST_COLLECT_S
    more = seconds_of([CORPUS], tmp_path, 135_663 // 2) - LEAST_COLLECT_S
    assert half == pytest.approx(14.35) and more == pytest.approx(28.7, rel=1e-3)


def test_a_part_that_fails_says_why(recorded: Path) -> None:
    log = (recorded / "logs" / "complete-01.log").read_text()
    assert "complete-01.parquet: not found" in log


def test_without_time_nothing_begins(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, CORPUS)
    assert record(tmp_path, seconds=20) == 2
    assert "--seconds 20: name more than 20" in capfd.readouterr().err
    assert not (tmp_path / "cpu-corpus.jsonl").exists()


def test_what_is_measured_elsewhere_is_named_to_be_measured() -> None:
    parts = [CORPUS, ABSENT, AGAIN]
    assert named(parts, None) == [CORPUS, ABSENT]
    assert named(parts, ["repeat", "corp"]) == [CORPUS, AGAIN]
    with pytest.raises(InputError, match="--parts study: no part's name begins so; parts: corpus"):
        named(parts, ["study"])


def test_a_survey_is_read_as_it_was_written(tmp_path: Path) -> None:
    study = Part("study-01", Kind.STUDY, "x", Role.STUDY, shapes=("E8-N1-K1-top1-bf16",))
    write(tmp_path, CORPUS, study, AGAIN)
    assert read_survey(tmp_path).parts == (CORPUS, study, AGAIN)
    (tmp_path / FILE).write_text(json.dumps({"version": 1, "device": "x", "parts": [{}]}))
    with pytest.raises(InputError, match="plan it anew"):
        read_survey(tmp_path)
    with pytest.raises(InputError, match="graphx survey --device GPU"):
        read_survey(tmp_path / "absent")


@pytest.mark.parametrize("kind", list(Kind))
def test_the_commands_of_each_kind_are_those_that_there_are(tmp_path: Path, kind: Kind) -> None:
    from importlib import import_module

    part = replace(CORPUS, kind=kind, shapes=("E8-N3584",))
    for module, *options in commands(part, tmp_path, 60.0, Terms()):
        found = import_module(module)
        if hasattr(found, "make_parser"):
            found.make_parser().parse_args(options)


def test_a_second_run_at_once_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, CORPUS)
    monkeypatch.setattr(run, "exclusive", partial(exclusive, patience_s=0.1))
    with exclusive(tmp_path / run.STATE):
        assert record(tmp_path) == 2
    said = f"error: {tmp_path / run.STATE}: another run records this survey; wait for it\n"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()
