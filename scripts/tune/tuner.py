"""Tune one layer on one GPU: what is known, the search, the finals, the record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from math import log1p
from pathlib import Path
from typing import Any

from scripts.lib.device import find_device
from scripts.lib.legality import Legality
from scripts.lib.shape import Cell
from scripts.measure.device.state import Gpu
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.legal import LegalSpace
from scripts.tune.cell_search import CellSearch
from scripts.tune.clock import Clock
from scripts.tune.foresight import Foresight, Options
from scripts.tune.layer import Wanted, check_budget
from scripts.tune.layer_bench import run_layer
from scripts.tune.opening import Opening, compared_with, open_bench, want_compared
from scripts.tune.result import batch_record, totals, write_result
from scripts.tune.session import Session, Terms
from scripts.tune.sources import Carried, carried_from, check_sources, others_with_file
from scripts.tune.space import Space, open_space
from scripts.tune.turns import Search

LOG = logging.getLogger("tune")
Body = dict[str, Any]


def carried(
    history: History, legal: LegalSpace, cells: Sequence[Cell], sources: Iterable[str]
) -> list[Carried]:
    """The sources' configs for all cells; how many had to be changed is logged."""
    found = list[Carried]()
    for source in sources:
        mine = [carried_from(history, cell, source, legal) for cell in cells]
        LOG.info("%s: %s", source, _changes(mine))
        found += mine
    return found


def _changes(mine: Sequence[Carried]) -> str:
    """What became of one source's configs, in words."""
    dropped = sorted({key for one in mine for key in one.dropped})
    without = f" without {', '.join(dropped)}" if dropped else ""
    if all(one.legal for one in mine):
        return f"{len(mine)} configs{without}, all legal here"
    counts = {word: sum(one.word is word for one in mine) for word in Legality}
    said = f"{len(mine)} configs{without}"
    if counts[Legality.OUTSIDE]:
        said += f", {counts[Legality.OUTSIDE]} outside the searched space (tried beside it)"
    if counts[Legality.ILLEGAL]:
        said += f", {counts[Legality.ILLEGAL]} illegal here (S2 takes the nearest legal one)"
    return said


def tune(
    wanted: Wanted,
    options: Options,
    gpu: Gpu,
    terms: Terms,
    folder: Path,
    clock: Clock,
    known: Callable[[], Foresight],
) -> Body:
    """Search all 18 batch sizes and write ``folder``; the record, as ``tuned.json`` holds it.

    ``known``: asked once, when the GPU and the compilers are at work. InputError for a budget that
    does not fit the space, or a batch size that cannot be measured; nothing but the ledger is
    written then.
    """
    device, scheme = find_device(wanted.device), wanted.shape.scheme
    space = open_space(device, scheme, options.where.spaces, options.build)
    check_budget(options.budget, len(space.legal), device, scheme)
    history = read_history(options.where.history)
    clock("space")
    with Session(folder / "ledger.jsonl", [gpu], terms) as session:
        # The GPU's process makes the operands while another reads and learns, and the compilers
        # make what is compared with: configs that no learning has to name.
        session.warm(session.sites[0], wanted.cells)
        sources = _sources(history, wanted, options)
        compared = compared_with(history, wanted.cells, sources, space.legal)
        session.compile_soon(device.arch)
        want_compared(compared, session.ahead)
        changes = carried(history, space.legal, wanted.cells, sources)
        clock("open")
        foresight = known()
        clock("learn")
        ranked = {cell: foresight.ranked(cell, space.legal) for cell in wanted.cells}
        first = Opening(ranked, compared, foresight.model)
        bench = open_bench(session, first)
        margin = log1p(options.margin)
        searches = foresight.searches("S1-S8", space.legal, options.budget, margin)
        clock("warm up")
        held = run_layer(bench, searches, first.references)
        clock("measure")
        batches = _batches(searches, bench.cells, held, first, options.margin)
        measuring = bench.seconds(clock.steps["measure"])
    clock("end")
    head = described(wanted, options, space, foresight.model, sources, changes)
    body = head | {"batches": batches} | totals(batches)
    body |= {"seconds": clock.steps | {"total": clock.total}}
    body |= {"seconds_beside": dict(foresight.seconds), "seconds_of_measure": measuring}
    return write_result(folder, wanted, body, version("triton"))


def _sources(history: History, wanted: Wanted, options: Options) -> list[str]:
    """The GPUs to start from: those asked for, or all others with a file of the layer."""
    known = others_with_file(history, wanted.shape, wanted.device)
    if options.sources is None:
        return known
    check_sources(options.sources, known, wanted.shape)
    return list(options.sources)


def _batches(
    searches: Sequence[Search],
    cells: Mapping[Cell, CellSearch],
    held: Mapping[Cell, Body],
    first: Opening,
    margin: float,
) -> list[Body]:
    return [
        batch_record(
            search,
            cells[search.cell].trials,
            held.get(search.cell),
            first.compared[search.cell],
            margin,
            {config.id: at for at, (config, _) in enumerate(first.ranked[search.cell])},
        )
        for search in searches
    ]


def described(
    wanted: Wanted,
    options: Options,
    space: Space,
    model: str,
    sources: Sequence[str],
    changes: Sequence[Carried],
) -> Body:
    """What was asked and what was known."""
    return {
        "device": wanted.device,
        "model": wanted.model,
        "tensor_parallel": wanted.tensor_parallel,
        "shape": wanted.shape.id,
        "budget": options.budget,
        "margin_asked": options.margin,
        "unseen": options.unseen,
        "cold": options.where.hidden is not None,
        "seed": options.seed,
        "space": {"legal": len(space.legal), "origin": space.origin},
        "graphx_sim": model,
        "sources": list(sources),
        "carried": [one.to_json() | {"changed": one.words} for one in changes],
    }
