"""What is compared with and started from: configs of other GPUs, carried over; the target's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.lib.carry import carried_over
from scripts.lib.config import ALL_KEYS, Config
from scripts.lib.device import Vendor, find_device
from scripts.lib.shape import Cell
from scripts.transfer.committed_files import History
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.default_heuristic import KNOWN_SCHEMES, default_config
from scripts.transfer.strategies.s2_nearest import by_distance


@dataclass(frozen=True)
class Carried:
    """A source's config for a cell, as the target can take it.

    ``dropped``: keys that the target's compiler does not read. ``nearest``: the legal config
    nearest to it, itself where ``legal``.
    """

    source: str
    tokens: int
    config: Config
    carried: Config
    dropped: tuple[str, ...]
    legal: bool
    nearest: Config

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
            parts.append(f"not legal here, nearest legal: {', '.join(changed)}")
        return "; ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Configs by their ids."""
        ids = {name: getattr(self, name).id for name in ("config", "carried", "nearest")}
        return {"source": self.source, "tokens": self.tokens, "legal": self.legal, **ids}


def carried_from(history: History, cell: Cell, source: str, legal: LegalSpace) -> Carried:
    """What the source's file holds for the cell's batch size; KeyError if it has no file."""
    config = history.files(cell.shape)[source].at(cell.tokens)
    carried = carried_over(config, find_device(cell.device))
    before, after = config.to_entry(), carried.to_entry()
    dropped = tuple(key for key in before if key not in after)
    fits = carried in legal.index
    nearest = carried if fits else next(by_distance(carried, legal))
    return Carried(source, cell.tokens, config, carried, dropped, fits, nearest)


def references(history: History, cell: Cell) -> dict[str, Config]:
    """What the runtime would launch today: ``committed`` for this GPU, and ``default``."""
    found, device = {}, find_device(cell.device)
    own = history.files(cell.shape).get(cell.device)
    if own is not None:
        found["committed"] = carried_over(own.at(cell.tokens), device)
    if cell.shape.scheme in KNOWN_SCHEMES and device.vendor is Vendor.NVIDIA:
        found["default"] = default_config(cell.shape, cell.tokens, device)
    return found
