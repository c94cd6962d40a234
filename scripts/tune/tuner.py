"""Tune one layer on one GPU: what is known, the search, the finals, the record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import log1p
from pathlib import Path
from typing import Any

from scripts.lib.device import find_device
from scripts.lib.legality import Legality
from scripts.lib.shape import Cell
from scripts.measure.device.state import Gpu
from scripts.tune.clock import Clock
from scripts.tune.knowledge import Advice, Corpus, Where, read_corpus
from scripts.tune.layer import Wanted, check_budget
from scripts.tune.opening import open_bench, opening
from scripts.tune.result import batch_record, totals, write_result
from scripts.tune.session import Session, Terms, run_layer
from scripts.tune.sources import Carried, carried_from
from scripts.tune.space import Space, open_space

LOG = logging.getLogger("tune")
Body = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What may be spent, and what is known. ``sources``: None for all GPUs with a file.

    ``margin``: relative, of early stop and ties. ``unseen``: as of ``Advice``. ``build``: folder
    for spaces that are compiled now.
    """

    budget: int
    margin: float
    sources: Sequence[str] | None
    unseen: bool
    seed: int
    where: Where
    build: Path


def advise(wanted: Wanted, options: Options, space: Space, corpus: Corpus) -> Advice:
    """Everything that is known of the layer; InputError for a source without a file."""
    advice = Advice(corpus, wanted.device, wanted.shape, space, unseen=options.unseen)
    advice.check_sources(options.sources or ())
    advice.predict(wanted.cells)
    return advice


def sources_of(advice: Advice, options: Options) -> list[str]:
    """The sources asked for, or all; says so if there are none."""
    sources = advice.sources if options.sources is None else list(options.sources)
    if not sources:
        LOG.info(
            "no other GPU has a file for %s: started from the recorded layers alone",
            advice.shape.id,
        )
    return sources


def carried(advice: Advice, cells: Sequence[Cell], sources: Sequence[str]) -> list[Carried]:
    """The sources' configs for all cells; how many had to be changed is logged."""
    history, legal, found = advice.corpus.history, advice.space.legal, list[Carried]()
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
        said += f", {counts[Legality.OUTSIDE]} outside the searched space (compared in the finals)"
    if counts[Legality.ILLEGAL]:
        said += f", {counts[Legality.ILLEGAL]} illegal here (S2 takes the nearest legal one)"
    return said


def tune(
    wanted: Wanted, options: Options, gpu: Gpu, terms: Terms, folder: Path, clock: Clock
) -> Body:
    """Search all 18 batch sizes and write ``folder``; the record, as ``tuned.json`` holds it.

    InputError for a budget that does not fit the space, or a batch size that cannot be measured;
    nothing but the ledger is written then.
    """
    device, scheme = find_device(wanted.device), wanted.shape.scheme
    space = open_space(device, scheme, options.where.spaces, options.build)
    check_budget(options.budget, len(space.legal), device, scheme)
    clock("space")
    cells = wanted.cells
    with Session(folder / "ledger.jsonl", [gpu], terms) as session:
        # The GPU's process makes the operands while this one reads and learns.
        session.warm(session.sites[0], cells)
        corpus = read_corpus(options.where, options.seed)
        clock("read")
        advice = advise(wanted, options, space, corpus)
        clock("learn")
        sources = sources_of(advice, options)
        changes = carried(advice, cells, sources)
        first = opening(advice, cells, sources)
        searches = advice.searches("S1-S8", cells, sources, options.budget, log1p(options.margin))
        bench = open_bench(session, first)
        clock("warm up")
        held = run_layer(bench, searches, first.references)
        clock("measure")
        batches = [
            batch_record(
                search,
                bench.cells[search.cell].trials,
                held.get(search.cell),
                first.compared[search.cell],
                options.margin,
            )
            for search in searches
        ]
    clock("end")
    head = described(wanted, options, space, advice, sources, changes)
    body = head | {"batches": batches} | totals(batches)
    body |= {"seconds": clock.steps | {"total": clock.total}}
    return write_result(folder, wanted, body, version("triton"))


def described(
    wanted: Wanted,
    options: Options,
    space: Space,
    advice: Advice,
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
        "graphx_sim": advice.simulator.version,
        "sources": list(sources),
        "carried": [one.to_json() | {"changed": one.words} for one in changes],
    }
