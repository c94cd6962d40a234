"""Without a GPU: the candidates that a search would try first, with what graphx-sim predicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib.device import find_device
from scripts.lib.files import write_json
from scripts.lib.shape import Cell
from scripts.sim.confidence import confidence
from scripts.tune.clock import Clock
from scripts.tune.foresight import Options, advise, sources_of
from scripts.tune.knowledge import Advice, read_corpus
from scripts.tune.layer import Wanted, check_budget
from scripts.tune.space import open_space
from scripts.tune.tuner import carried, described

Body = dict[str, Any]
VERSION = 2  # of the plan; 2: confidence is a measured error or none; 1: first version


def plan(wanted: Wanted, options: Options, top: int, folder: Path, clock: Clock) -> Body:
    """Rank the space for each batch size, write ``folder/plan.json``; what it holds."""
    device, scheme = find_device(wanted.device), wanted.shape.scheme
    space = open_space(device, scheme, options.where.spaces, options.build)
    check_budget(options.budget, len(space.legal), device, scheme)
    clock("space")
    advice = advise(wanted, options, space, read_corpus(options.where, options.seed))
    clock("learn")
    sources = sources_of(advice, options)
    changes = carried(advice.corpus.history, space.legal, wanted.cells, sources)
    trust = confidence(wanted.device, scheme, advice.simulator)
    batches = [
        {
            "tokens": cell.tokens,
            "candidates": _candidates(advice, cell, sources, top),
        }
        for cell in wanted.cells
    ]
    body = {
        "version": VERSION,
        "measured": False,
        **described(wanted, options, space, advice.simulator.version, sources, changes),
        "confidence": {
            "level": trust.level.value,
            "reason": trust.reason,
            "error": trust.error,
        },
        "batches": batches,
    }
    write_json(folder / "plan.json", body)
    return body


def _candidates(advice: Advice, cell: Cell, sources: Sequence[str], top: int) -> list[Body]:
    """The first to be tried; ``limit``: what graphx-sim takes for the bottleneck."""
    said = advice.predicted[cell].set_index("config_id")
    return [
        {
            "config_id": config.id,
            "predicted_us": round(us, 4),
            "limit": said.at[config.id, "limit"],
            "confidence": said.at[config.id, "confidence"],
        }
        for config, us in advice.ranked(cell, sources)[:top]
    ]


def plan_lines(body: Body) -> list[str]:
    """The same as a table to read."""
    trust = body["confidence"]
    lines = [
        "nothing was measured: these are predictions",
        f"graphx-sim {body['graphx_sim']}: {trust['level']} ({trust['reason']})",
        f"sources: {', '.join(body['sources']) or 'none, the recorded layers alone'}",
        f"{'M':>5} {'place':>5}  {'config':36} {'predicted us':>12}  limit",
    ]
    for batch in body["batches"]:
        lines += [
            f"{batch['tokens']:5d} {place:5d}  {one['config_id']:36} {one['predicted_us']:12.2f} "
            f" {one['limit']}"
            for place, one in enumerate(batch["candidates"], start=1)
        ]
    return lines
