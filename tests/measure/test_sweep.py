"""The sweep's command line: what it takes, what it refuses, how it ends."""

import functools

import pytest
import torch

from scripts.lib.chain import read_chain
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError
from scripts.lib.schemas.plan import PLAN as PLAN_TABLE
from scripts.lib.tables import write_table
from scripts.measure.controller.candidates import check_cells
from scripts.measure.sweep import main, make_parser, read_plan
from tests.measure.bench import CELL, CONFIGS, PLAN, plan_of
from tests.measure.interpreter_bench import controller

TINY = "CPU_interpreter/E2-N16-K16-top1-fp16/M1"


def planned(*words):
    return read_plan(make_parser().parse_args(["--ledger", "l", *words]))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_it_says_so_and_writes_nothing(tmp_path, capsys):
    write_table(tmp_path / "plan.parquet", PLAN, PLAN_TABLE)
    ledger = tmp_path / "ledger.jsonl"
    assert main(["--plan", str(tmp_path / "plan.parquet"), "--ledger", str(ledger)]) == 2
    assert "recorded" in capsys.readouterr().err
    assert not ledger.exists()


def test_a_truncated_plan_and_an_unknown_cell_are_clear_errors(tmp_path, capsys):
    path = tmp_path / "plan.parquet"
    write_table(path, PLAN, PLAN_TABLE)
    command = ["--plan", str(path), "--ledger", str(tmp_path / "l")]
    assert main([*command, "--cells", "M999"]) == 2
    assert "no cell of the plan contains M999" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:-100])
    assert main(command) == 2
    assert "plan.parquet: not a readable Parquet file" in capsys.readouterr().err


def test_candidates_are_a_plan_or_are_named(tmp_path):
    path = tmp_path / "plan.parquet"
    write_table(path, plan_of([CELL, CELL.replace("M4", "M8")]), PLAN_TABLE)
    assert len(planned("--plan", str(path))) == 24
    assert set(planned("--plan", str(path), "--cells", "/M8")["cell_id"]) == {CELL[:-1] + "8"}
    named = planned("--cells", CELL, CELL, "--configs", *CONFIGS[:2])
    assert named["config_id"].tolist() == CONFIGS[:2]
    for words in ([], ["--cells", CELL], ["--configs", "c"], ["--plan", "p", "--configs", "c"]):
        with pytest.raises(InputError, match="say what to measure"):
            planned(*words)


def test_cells_that_are_none_and_candidates_listed_twice_are_refused():
    with pytest.raises(InputError, match="'H200/M4' is not a cell id"):
        check_cells(plan_of(["H200/M4"]))
    with pytest.raises(InputError, match=r"lists .*M16-N32-K64-G1-W4-S2 twice"):
        check_cells(plan_of([CELL], [CONFIGS[0], CONFIGS[0]]))


def test_a_negative_budget_is_refused(tmp_path, capsys):
    words = ["--ledger", str(tmp_path / "l"), "--cells", TINY, "--configs", CONFIGS[0]]
    assert main([*words, "--trials", "-1"]) == 2
    assert "a budget is not negative" in capsys.readouterr().err


def test_one_sweep_at_a_time_on_a_ledger(tmp_path):
    with (
        exclusive(tmp_path / "l"),
        pytest.raises(InputError, match="another sweep is writing to it"),
        exclusive(tmp_path / "l", patience_s=0.2),
    ):
        pass
    with exclusive(tmp_path / "l"):
        pass


def run(words):
    """The sweep's exit status, in a process whose kernels are made for the interpreter."""
    process = controller(functools.partial(main, words))
    process.start()
    process.join(120)
    return process.exitcode


def test_the_whole_of_it_on_the_interpreter(tmp_path):
    ledger = tmp_path / "l.jsonl"
    words = ["--ledger", str(ledger), "--backend", "interpreter", "--cells", TINY, "--configs"]
    words += ["M16-N16-K16-G1-W1-S2", "M16-N16-K16-G1-W2-S2"]
    assert run([*words, "--trials", "1"]) == 4
    assert run(words) == 0
    bodies = list(read_chain(ledger))
    attempts = [body for body in bodies if body["kind"] == "attempt"]
    assert [a["outcome"] for a in attempts] == ["correct", "not_measured", "correct"]
    assert all(a["median_us"] > 0 for a in attempts if a["outcome"] == "correct")
    line = [body for body in bodies if body["kind"] == "cell"][-1]
    assert (line["scope"], line["routing"], line["roofline_us"]) == ("two_gemm", "uniform", None)
    run_line = bodies[0]
    assert run_line["conditions"]["backend"] == "interpreter"
    assert run_line["budget"] == {"trials": 1, "gpu_seconds": None}
    assert run_line["command"].startswith("python -m scripts.measure.sweep")
