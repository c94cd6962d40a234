"""Which strategies run on a cell: one per proposal, random search per seed, exhaustive search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.config import Config, ConfigError, parse_id
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.committed import Committed
from scripts.transfer.strategies.default_heuristic import DefaultHeuristic
from scripts.transfer.strategies.exhaustive import Exhaustive
from scripts.transfer.strategies.random_search import RandomSearch
from scripts.transfer.strategies.s1_copy import CopySource
from scripts.transfer.strategies.s2_nearest import NearestLegal
from scripts.transfer.strategy import Strategy


@dataclass(frozen=True)
class Proposal:
    """One row of PROPOSALS, its cell left out."""

    strategy: str
    source: str | None
    config: Config


@dataclass(frozen=True)
class Run:
    """One strategy on one cell, and the budgets at which its choice is noted."""

    name: str
    source: str | None
    seed: int
    strategy: Strategy
    budgets: Sequence[int]


def runs_of(
    cell: Cell,
    proposals: Sequence[Proposal],
    legal: LegalSpace,
    seeds: int,
    budgets: Sequence[int],
) -> Iterator[Run]:
    """The runs of a cell: one per proposal, random search per seed, exhaustive.

    S2 starts from the source's own config, which is S1's proposal; the S2 proposal is its first
    trial. Exhaustive search has one budget, the size of the space.
    """
    sources = {p.source: p.config for p in proposals if p.strategy == "S1"}
    for p in proposals:
        if p.strategy == "S2" and p.source not in sources:
            raise InputError(f"proposals: {cell.id}: S2 from {p.source} has no S1 beside it")
        strategy = _strategy(p, sources.get(p.source, p.config), legal)
        yield Run(p.strategy, p.source, 0, strategy, budgets)
    for seed in range(seeds):
        yield Run("random", None, seed, RandomSearch(legal, cell, seed), budgets)
    yield Run("exhaustive", None, 0, Exhaustive(legal), [len(legal)])


def _strategy(proposal: Proposal, source: Config, legal: LegalSpace) -> Strategy:
    match proposal.strategy:
        case "S1":
            return CopySource(proposal.config)
        case "S2":
            return NearestLegal(source, legal)
        case "committed":
            return Committed(proposal.config)
        case "default":
            return DefaultHeuristic(proposal.config)
    raise unknown_name("strategy", proposal.strategy, ("S1", "S2", "committed", "default"))


def read_proposals(path: Path) -> dict[Cell, list[Proposal]]:
    """Proposals by cell; InputError names the file and the row that is none."""
    proposals: dict[Cell, list[Proposal]] = {}
    row: Any
    for row in read_table(path, PROPOSALS).itertuples(index=False):
        source = None if pd.isna(row.source) else row.source
        try:
            cell, config = parse_cell(row.cell_id), parse_id(row.config_id)
        except (ValueError, ConfigError) as error:
            raise InputError(f"{path}: {row.cell_id} {row.config_id}: {error}") from error
        proposals.setdefault(cell, []).append(Proposal(row.strategy, source, config))
    return proposals
