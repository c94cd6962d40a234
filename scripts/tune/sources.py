"""What is compared with and started from: configs of other GPUs, carried over; the target's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kernels.formats import SCHEMES
from scripts.lib.carry import carried_over
from scripts.lib.config import ALL_KEYS, Config
from scripts.lib.device import find_device
from scripts.lib.legality import Legality
from scripts.lib.names import unknown_name
from scripts.lib.search_space import is_searched
from scripts.lib.shape import Cell, Shape
from scripts.transfer.committed_files import History
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.default_heuristic import default_of
from scripts.transfer.strategies.s2_nearest import nearest

COMMITTED, DEFAULT = "committed", "default"
_NOT_LEGAL = {
    Legality.OUTSIDE: "outside the searched space, tried beside it",
    Legality.ILLEGAL: "illegal here",
}


@dataclass(frozen=True)
class Carried:
    """A source's config for a cell, as the target can take it.

    ``dropped``: keys that the target's compiler does not read. ``word``: whether it is in the legal
    space, outside the searched one, or searched and illegal. ``nearest``: the config of the legal
    space nearest to it, itself where it is in it.
    """

    source: str
    tokens: int
    config: Config
    carried: Config
    dropped: tuple[str, ...]
    word: Legality
    nearest: Config

    @property
    def legal(self) -> bool:
        """Whether it is in the legal space."""
        return self.word is Legality.LEGAL

    @property
    def words(self) -> str:
        """What was changed, for readers; empty if nothing had to be."""
        parts = [f"without {', '.join(self.dropped)}"] if self.dropped else []
        if not self.legal:
            changed = [
                f"{key} {getattr(self.carried, name)} -> {getattr(self.nearest, name)}"
                for key, (name, _) in ALL_KEYS.items()
                if getattr(self.carried, name) != getattr(self.nearest, name)
            ]
            said = _NOT_LEGAL[self.word]
            parts.append(f"{said}; nearest legal: {', '.join(changed)}")
        return "; ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Configs by their ids."""
        ids = {name: getattr(self, name).id for name in ("config", "carried", "nearest")}
        about = {"legal": self.legal, "legality": self.word.value}
        return {"source": self.source, "tokens": self.tokens, **about, **ids}


def carried_from(history: History, cell: Cell, source: str, legal: LegalSpace) -> Carried:
    """What the source's file holds for the cell's batch size; KeyError if it has no file."""
    config = history.files(cell.shape)[source].at(cell.tokens)
    carried = carried_over(config, find_device(cell.device))
    before, after = config.to_entry(), carried.to_entry()
    dropped = tuple(key for key in before if key not in after)
    word = legality(cell, carried, legal)
    near = carried if word is Legality.LEGAL else nearest(carried, legal)
    return Carried(source, cell.tokens, config, carried, dropped, word, near)


def legality(cell: Cell, config: Config, legal: LegalSpace) -> Legality:
    """Of a config against the legal space of its cell's GPU and scheme."""
    if config in legal.index:
        return Legality.LEGAL
    vendor = find_device(cell.device).vendor
    searched = is_searched(config, vendor, SCHEMES[cell.shape.scheme])
    return Legality.ILLEGAL if searched else Legality.OUTSIDE


def outside(
    history: History, cell: Cell, sources: Sequence[str], legal: LegalSpace
) -> dict[str, Config]:
    """By ``S1:SOURCE`` what sources' files hold and no published search would try here.

    Not in the space, it is asked for by no strategy; tried beside it, it counts all the same if it
    launches, and what it lacks is recorded if it does not.
    """
    found = {}
    for source in sources:
        carried = carried_from(history, cell, source, legal)
        if carried.word is Legality.OUTSIDE:
            found[f"S1:{source}"] = carried.carried
    return found


def others_with_file(history: History, shape: Shape, device: str) -> list[str]:
    """Other GPUs with a file for the layer."""
    return [name for name in history.files(shape) if name != device]


def check_sources(names: Iterable[str], known: Sequence[str], shape: Shape) -> None:
    """InputError for a source that has no file for the layer; ``known``: those that have."""
    for name in names:
        if name not in known:
            raise unknown_name(f"source of {shape.id}", name, known)


def references(history: History, cell: Cell) -> dict[str, Config]:
    """What the runtime would launch today: ``committed`` for this GPU, and ``default``."""
    found = {}
    own = history.files(cell.shape).get(cell.device)
    if own is not None:
        found[COMMITTED] = carried_over(own.at(cell.tokens), find_device(cell.device))
    if (default := default_of(cell)) is not None:
        found[DEFAULT] = default
    return found
