"""The operator on given draws: which experts a pass touches, and what becomes of a wrong config."""

from __future__ import annotations

import numpy as np

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.lib.config import parse_id
from scripts.lib.shape import Cell, parse_shape
from scripts.measure.protocol import weight_sets_of
from scripts.runtime.drawn_op import DrawnWorker, cells_of, measured
from scripts.runtime.draws import draws_of
from tests.runtime.eager import CONDITIONS, QUICK, EagerBackend, EagerOp, shapes

SHAPE = parse_shape(shapes("bf16")[0])
MODEL = {"name": "m", "shape": SHAPE.id, "moe_layers": 3, "configs": {"default": None}}
PLAN = {"device": "NVIDIA_H200", "batches": [2, 4], "models": [MODEL],
        "draws": {"steps": 2, "tokens": 4, "seed": 1}}  # fmt: skip
ONE, OTHER = "M16-N64-K64-G1-W4-S3", "M16-N32-K64-G1-W4-S3"


def opened(faults=None) -> DrawnWorker:
    worker = DrawnWorker(QUICK, CONDITIONS, EagerBackend(), EagerOp(faults))
    worker.draws = draws_of(PLAN["draws"], MODEL)
    return worker


def test_every_draw_of_the_engine_is_a_pass():
    worker, tokens = opened(), 2
    answer = measured(worker, Cell("NVIDIA_H200", SHAPE, tokens), {"ours": ONE, "default": OTHER})
    assert (answer.ok, answer.result["draws"]) == (True, 6)
    assert answer.result["weight_sets"] == weight_sets_of(6)
    assert answer.result["configs"] == sorted([ONE, OTHER])
    assert answer.result["named"] == {"ours": ONE, "default": OTHER}
    assert np.array(answer.result["us"]).shape == (QUICK.rounds, 2)
    inputs = worker.scope.inputs
    assert inputs.passes == tuple(range(6))
    for index, one in enumerate(inputs.timed):
        step, layer = divmod(index, 3)
        np.testing.assert_array_equal(one.expert_of.numpy(), worker.draws[step, layer, :tokens])


def test_a_config_whose_outputs_are_wrong_is_not_timed():
    size = parse_id(OTHER).to_entry()["BLOCK_SIZE_N"]
    worker = opened({size: "unwritten"})
    answer = measured(worker, Cell("NVIDIA_H200", SHAPE, 2), {"ours": OTHER, "default": ONE})
    assert not answer.ok
    assert "mismatch" in answer.reason
    broken = opened({size: RuntimeError("by itself")})
    answer = measured(broken, Cell("NVIDIA_H200", SHAPE, 2), {"ours": OTHER})
    assert (answer.ok, "by itself" in answer.reason) == (False, True)


def test_what_the_journal_holds_is_not_measured_again(tmp_path):
    journal = Journal(tmp_path / "op.jsonl")
    journal.begin()
    cell = Cell("NVIDIA_H200", SHAPE, 2)
    journal.record("op/m/b2", Answer(Outcome.OK), task="op", model="m", batch=cell.tokens)
    assert [left.tokens for _, left in cells_of(PLAN, journal)] == [4]
    journal.close()
