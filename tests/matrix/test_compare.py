"""Two records compared: planted changes are found, the same record against itself shows none."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from scripts.matrix import compare as command
from scripts.matrix import run
from scripts.matrix.compared import Change, Side, compare, planted, side_of
from scripts.matrix.levels.noise import BYTES
from scripts.matrix.premises import Bears, premises
from scripts.matrix.switches import Numbers
from tests.matrix.small_run import small_run


@pytest.fixture(scope="module")
def side() -> Side:
    return side_of(small_run().path)


def test_a_record_against_itself_shows_nothing(side: Side) -> None:
    found = compare(side, side)
    assert not found.regressions and not found.missing
    assert {one.change for one in found.rows} == {Change.NONE}
    assert {one.cell for one in found.rows} == {
        "small/baseline", "small/moe=marlin", "small/attention=TRITON_ATTN", "small/graphs=off",
        "small/attention=TRITON_ATTN+moe=marlin", "small/graphs=off+moe=marlin",
    }  # fmt: skip


def test_four_per_cent_and_a_gigabyte_are_found_in_every_cell(side: Side) -> None:
    slow, heavy = (
        compare(side, planted(side, *what)) for what in ((0.04, 0), (0.0, 1_200_000_000))
    )
    cells = {one.cell for one in slow.rows}
    for metric in ("tg8", "tg16", "pp64"):
        fired = {one.cell for one in slow.regressions if one.metric == metric}
        assert fired == cells
    assert {one.metric for one in heavy.regressions} == {BYTES}
    assert {one.cell for one in heavy.regressions} == cells
    less = compare(side, planted(side, 0.02, 900_000_000))
    assert not less.regressions
    assert {one.change for one in compare(planted(side, 0.04, 0), side).rows
            if one.metric == "tg16"} == {Change.BETTER}  # fmt: skip


def test_the_floor_is_that_of_the_means_of_both_records(side: Side) -> None:
    """By numpy: pooled over the boots of both, three of a baseline, one of a feature."""
    boots = [side.judged[f"small/{name}"].metrics["tg16"]
             for name in ("baseline", "again-1", "again-2")]  # fmt: skip
    logs = np.log(boots)
    deviation = math.sqrt(2 * ((logs - logs.mean()) ** 2).sum() / 4)
    rows = {one.cell: one for one in compare(side, side).rows if one.metric == "tg16"}
    for cell, count in (("small/baseline", 3), ("small/moe=marlin", 1)):
        wide = t.ppf(0.995, 4) * deviation * math.sqrt(2 / count)
        assert rows[cell].floor == pytest.approx(math.expm1(wide))


def test_what_differs_decides_what_is_compared() -> None:
    metadata = {"gpu": "NVIDIA H200", "host": "a", "packages": ["torch==1", "vllm==1"]}
    other = metadata | {"host": "b", "packages": ["torch==1", "vllm==2"]}
    found = {one.name: one for one in premises((metadata, other), (Numbers(), Numbers(pp=64)))}
    assert [name for name, one in found.items() if not one.equal] == ["host", "packages", "pp"]
    assert found["packages"].first == "vllm==1" and found["packages"].second == "vllm==2"
    assert found["host"].bears is Bears.CLOCK and found["pp"].bears is Bears.ALL


def changed(path: Path, out: Path, what: str) -> Side:
    """The record with another host, another workload or another model."""
    side = side_of(path)
    run_ = json.loads(json.dumps(side.record.runs[-1]))
    if what == "host":
        run_["metadata"]["host"] = "another"
    matrix = side.matrix
    if what == "pp":
        matrix = type(matrix)(**{**vars(matrix), "numbers": Numbers(pp=128)})
    if what == "model":
        models = {"small": type(matrix.models["small"])(
            **{**vars(matrix.models["small"]), "seed": 7})}  # fmt: skip
        matrix = type(matrix)(**{**vars(matrix), "models": models})
    record = type(side.record)((run_,), side.record.results)
    return Side(matrix, record, side.judged)


@pytest.mark.parametrize(("what", "left"), [("host", {"step_gpu", "pp64_gpu", BYTES}),
                                            ("pp", set()), ("model", set())])  # fmt: skip
def test_unequal_premises_leave_out_what_they_bear_on(
    tmp_path: Path, side: Side, what: str, left: set[str]
) -> None:
    found = compare(side, changed(small_run().path, tmp_path, what))
    assert {one.metric for one in found.compared} == left
    assert all(one.reason for one in found.rows if one.change is Change.NOT_COMPARED)


def test_the_command_says_it_and_its_exit_status_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(small_run().path)
    assert run.main(["compare", path, path]) == 0
    assert "regression: 0" in capsys.readouterr().out
    assert command.main([path, path, "--slower", "0.04"]) == 1
    said = capsys.readouterr().out
    assert "small/baseline: tg16 takes 1.040 of what it did, boots differ by" in said
    assert command.main([path, path, "--heavier", "1200000000"]) == 1
    assert "small/graphs=off: +1.20 GB at the peak" in capsys.readouterr().out
    assert command.main([path, "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err
