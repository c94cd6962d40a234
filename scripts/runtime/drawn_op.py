"""Time the runtime's operator alone on the draws of an engine study, under each of its configs.

What an engine's step should gain is predicted from this: the same experts are touched as in the
engine's steps, in a process of its own with weights of its own, cold. Each config is checked
against graphx's float64 reference before it is timed; then all of a cell are interleaved. Configs
are those that the runtime's own lookup finds in each file. Cells that the journal holds are left
out, so that a run that was cut off goes on.

vLLM is needed here: pip install vllm==0.24.0.

Exit status: as scripts.runtime.engine.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.engine.turn import turn
from scripts.lib.command_line import parser
from scripts.lib.config import from_entry, parse_id
from scripts.lib.log import run_main
from scripts.lib.shape import Cell, Shape, parse_shape
from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol, weight_sets_of
from scripts.measure.work.operands import Inputs
from scripts.measure.work.routing import Draw
from scripts.measure.work.scopes import Scope
from scripts.runtime.draws import Draws, draws_of
from scripts.runtime.engine_about import PAUSED, add_run, begun, read_plan
from scripts.runtime.scope import OpLayers
from scripts.runtime.tasks import OpWorker

LOG = logging.getLogger("runtime.drawn_op")
EXAMPLE = """
  python -m scripts.runtime.drawn_op --plan build/engine/plan.json --journal build/engine/op.jsonl
"""
# A pass of a graph is as long as the draws are many: so many rounds tell a thousandth.
PROTOCOL = Protocol(rounds=24, least_rounds=10, finals_seconds=0.6)
MODULE = "scripts.runtime.drawn_op"


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    made = parser(__doc__, EXAMPLE)
    add_run(made)
    made.add_argument(
        "--models", nargs="+", metavar="NAME", help="only models whose name contains one of these"
    )
    return made


class DrawnWorker(OpWorker):
    """Cells whose draws are given. ``draws``: [steps, layers, tokens, top_k] of the open model."""

    draws: Draws

    def _scope_of(self, cell: Cell) -> Scope:
        flat = self.draws[:, :, : cell.tokens].reshape(-1, cell.tokens, cell.shape.top_k)
        device = self.backend.device
        weight = torch.full((cell.tokens, cell.shape.top_k), 1 / cell.shape.top_k, device=device)
        found = [Draw(torch.from_numpy(one).to(device), weight) for one in flat]
        sets = self.weights[: weight_sets_of(len(found))]
        order = tuple(range(len(found)))
        inputs = Inputs(cell, sets, [*found, found[0]], order, device, self.backend.fnuz)
        return OpLayers(inputs, self.protocol.seed, self._op)


def looked_up(shape: Shape, tokens: int, folder: str | None) -> str:
    """Id of the config that vLLM launches with ``folder`` put before its own files."""
    from vllm import envs  # noqa: PLC0415
    from vllm.model_executor.layers.fused_moe import fused_moe  # noqa: PLC0415

    vars(envs)["VLLM_TUNED_CONFIG_FOLDER"] = folder
    fused_moe.get_moe_configs.cache_clear()
    scheme, _, block = shape.scheme.partition("_b")
    entry = fused_moe.try_get_optimal_moe_config(
        (shape.experts, 2 * shape.intermediate, shape.hidden),
        (shape.experts, shape.hidden, shape.intermediate),
        shape.top_k,
        None if scheme == "bf16" else scheme,
        tokens,
        [int(size) for size in block.split("x")] if block else None,
    )
    return from_entry({key: int(v) for key, v in entry.items() if key != "SPLIT_K"}).id


def configs_of(model: Mapping[str, Any], tokens: int, plan_folder: Path) -> dict[str, str]:
    """By name of a plan's model's configs the id that is launched for so many tokens."""
    shape, found = parse_shape(model["shape"]), {}
    for name, at in model["configs"].items():
        folder = at and str((plan_folder / at).absolute())
        found[name] = looked_up(shape, tokens, folder)
    return found


def measured(worker: DrawnWorker, cell: Cell, configs: Mapping[str, str]) -> Answer:
    """Check and time a cell's configs; ``us`` [rounds][configs] a pass, means over the draws."""
    began, ids = time.monotonic(), sorted(set(configs.values()))
    entries = [dict(parse_id(name).to_entry()) for name in ids]
    try:
        facts = worker(("open", cell.id, None))
        trials = [worker(("trial", entry, None)) for entry in entries]
        wrong = [t for t in trials if t["outcome"] != "correct"]
        if "refused" in facts or wrong:
            return Answer(Outcome.FAILED, str(wrong or facts), {}, time.monotonic() - began)
        us = worker(("finals", entries))["us"]
    except RuntimeError as error:
        return Answer(Outcome.FAILED, f"{type(error).__name__}: {error}"[:500])
    result = {
        "named": dict(configs), "configs": ids, "us": us, "draws": facts["draws"],
        "logits_diff": [trial["logits_diff"] for trial in trials],
        "weight_sets": facts["weight_sets"],
    }  # fmt: skip
    return Answer(Outcome.OK, "", result, round(time.monotonic() - began, 3))


def cells_of(plan: Mapping[str, Any], journal: Journal) -> Iterator[tuple[Any, Cell]]:
    """Model and cell of what is left to do."""
    for model in plan["models"]:
        for batch in plan["batches"]:
            if journal.done(f"op/{model['name']}/b{batch}") is None:
                yield model, Cell(plan["device"], parse_shape(model["shape"]), int(batch))


def make_worker() -> DrawnWorker:
    """On the first GPU that this process sees."""
    conditions = Conditions("uniform", "cold", "op", run_time=())
    prepare_process(conditions.backend, 0)
    from scripts.runtime.backend import OpBackend  # noqa: PLC0415
    from scripts.runtime.op import VllmOp  # noqa: PLC0415

    return DrawnWorker(PROTOCOL, conditions, OpBackend(), VllmOp())


def run(
    plan: Mapping[str, Any], folder: Path, journal: Journal, until: float, lock: Path | None
) -> bool:
    """Do what is left; whether nothing is. ``until``: monotonic time, nothing is begun after it."""
    worker = make_worker()
    for model, cell in cells_of(plan, journal):
        with turn(lock):
            if time.monotonic() > until:
                return False
            worker.draws = draws_of(plan["draws"], model)
            answer = measured(worker, cell, configs_of(model, cell.tokens, folder))
        key = f"op/{model['name']}/b{cell.tokens}"
        journal.record(key, answer, task="op", model=model["name"], batch=cell.tokens)
        LOG.info("%s: %s %s", key, answer.outcome, answer.reason or f"{answer.seconds} s")
    return True


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, 0

    def body() -> None:
        nonlocal status
        plan = read_plan(args.plan)
        if args.models:
            kept = [m for m in plan["models"] if any(text in m["name"] for text in args.models)]
            plan = {**plan, "models": kept}
        with begun(args.journal, plan, MODULE, unkept=("boots", "bench")) as journal:
            done = run(plan, args.plan.parent, journal, until, args.turn)
            status = 0 if done else PAUSED

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
