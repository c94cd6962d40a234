"""The worker's tasks in its own process, on Triton's interpreter."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from scripts.lib.isolate import Failure
from tests.measure.faults import factory
from tests.measure.interpreter_bench import CELL, CONFIGS, ENTRY, QUICK, entry_of, worker

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the compiled kernels")

TOO_LARGE = "CPU_interpreter/E64-N16777216-K16777216-top2-fp16/M4"
ODD_TILE = ENTRY | {"BLOCK_SIZE_M": 24}


@pytest.fixture(scope="module")
def call():
    with worker(protocol=replace(QUICK, cap=4, anchor_samples=3)) as tasks:
        yield tasks


def test_a_cell_from_open_to_finals(call):
    facts = call("open", CELL, ENTRY)
    assert facts["anchor_error"] is None
    assert (facts["draws"], facts["passes"], facts["weight_sets"]) == (2, 2, 2)
    assert (facts["scope"], facts["weights"], facts["routing"]) == ("two_gemm", "cold", "uniform")
    assert len(call("anchor")["us"]) == 3
    trial = call("trial", ENTRY, None)
    assert (trial["outcome"], trial["reason"]) == ("correct", None)
    assert trial["logits_diff"] < 1e-6
    assert trial["low_us"] <= trial["median_us"] <= trial["high_us"]
    assert (trial["registers"], trial["spills"]) == (None, None)
    table = np.array(call("finals", [ENTRY, entry_of(CONFIGS[1]), ENTRY])["us"])
    assert table.shape == (2, 3)
    assert (table > 0).all()


def test_a_config_much_slower_than_the_best_is_cut(call):
    call("open", CELL, None)
    assert call("trial", ENTRY, 1.0)["stopped_by"] == "slow"
    assert call("trial", ENTRY, 1e9)["stopped_by"] in ("precision", "cap")


def test_no_more_digits_than_the_clock_has(call):
    call("open", CELL, ENTRY)
    trial = call("trial", ENTRY, None)
    times = [trial[f"{name}_us"] for name in ("median", "p95", "low", "high")]
    times += call("anchor")["us"] + call("finals", [ENTRY, ENTRY])["us"][0]
    assert all(us == round(us, 4) for us in times)
    assert all(
        trial[name] == float(f"{trial[name]:.6g}") for name in ("logits_diff", "relative_error")
    )


def test_a_cell_without_an_anchor_has_no_anchor_samples(call):
    assert call("open", CELL, None)["anchor_error"] is None
    assert call("anchor") == {"us": []}


def test_an_anchor_that_does_not_run_is_no_reason_to_lose_the_cell(call):
    facts = call("open", CELL, ODD_TILE)
    assert "power of 2" in facts["anchor_error"]
    assert call("anchor") == {"us": []}
    assert call("trial", ENTRY, None)["outcome"] == "correct"


def test_a_scheme_that_the_interpreter_gets_wrong_is_refused_with_a_reason(call):
    refused = call("open", CELL.replace("fp16", "fp8_w8a8"), None)
    assert refused["refused"] == "scheme_unsupported"
    assert "use fp16" in refused["message"]
    assert "draws" in call("open", CELL, None)


def test_a_cell_larger_than_memory_is_refused_and_the_next_one_opens(call):
    refused = call("open", TOO_LARGE, None)
    assert refused["refused"] == "out_of_memory"
    assert "allocate" in refused["message"]
    assert isinstance(call("trial", ENTRY, None), Failure)
    assert "draws" in call("open", CELL, None)
    assert call("trial", ENTRY, None)["outcome"] == "correct"


def test_a_failing_config_costs_itself_only(call):
    call("open", CELL, None)
    failure = call("trial", ODD_TILE, None)
    assert failure.kind == "error"
    assert "power of 2" in failure.message
    assert call("trial", ENTRY, None)["outcome"] == "correct"


def test_warm_weights_are_one_set_and_one_draw_in_as_many_passes():
    with worker(weights="warm") as call:
        facts = call("open", CELL, None)
        assert (facts["draws"], facts["passes"], facts["weight_sets"]) == (1, 2, 1)
        assert facts["weights"] == "warm"
        assert call("trial", ENTRY, None)["outcome"] == "correct"


@pytest.mark.parametrize("scope", ["kernel", "two_gemm", "layer"])
def test_every_scope_is_checked_as_it_is_timed(scope):
    broken = dict(zip(CONFIGS[1:], ["one_nan", "half_written", "nothing_written"], strict=False))
    with worker(factory(broken), scope=scope) as call:
        assert call("open", CELL, ENTRY)["scope"] == scope
        for config, fault in broken.items():
            trial = call("trial", entry_of(config), None)
            assert trial["outcome"] == "mismatch", fault
            word = "finite=False" if fault == "one_nan" else "unwritten="
            assert word in trial["reason"]
            assert not trial["reason"].startswith("unwritten=0") or fault == "one_nan"
            # The buffers now hold what the faulty config left: a good one must not mind.
            assert call("trial", ENTRY, None)["outcome"] == "correct"


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_workers_entry_imports_nothing_that_must_come_later():
    code = "import sys, scripts.measure.work.worker; print({'torch', 'triton'} & set(sys.modules))"
    assert run_python(code).strip() == "set()"


def test_kernels_imported_for_the_compiler_are_not_taken_for_interpreted_ones(monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    code = (
        "import kernels.moe_gemm\n"
        "from scripts.measure.conditions import Conditions\n"
        "from scripts.measure.protocol import Protocol\n"
        "from scripts.measure.work.worker import make_worker\n"
        "make_worker(Protocol(), Conditions(backend='interpreter'), 0)\n"
    )
    assert "start the process with TRITON_INTERPRET=1" in run_python(code)
