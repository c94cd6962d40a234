"""All that files without a measurement are made of, read once: files, spaces, graphx-sim, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from scripts.catalogue.band import Bands, read_bands
from scripts.catalogue.candidates import Pool, read_pool
from scripts.catalogue.recorded import Recorded
from scripts.lib.device import devices, find_device
from scripts.lib.files import InputError
from scripts.sim.facts import read_facts
from scripts.sim.simulator import Simulator, load
from scripts.transfer.committed_files import read_history
from scripts.tune.space import Space, open_space


@dataclass(frozen=True)
class Where:
    """The files: datasets of whole cells, spaces and those compiled now, history, layers, model,
    EXPECTED table."""  # noqa: D205,D209

    recorded: Sequence[Path]
    spaces: Path
    build: Path
    history: Path
    shapes: Path
    model: Path
    expected: Path


class Known:
    """InputError names a file that is absent or not what it should be when it is first needed."""

    def __init__(self, where: Where) -> None:
        for path in (where.history, where.shapes, where.model, where.expected):
            if not path.exists():
                raise InputError(f"{path}: not found; `make` builds or restores it")
        self.where = where
        self._spaces: dict[tuple[str, str], Space] = {}
        self._there: dict[tuple[str, str], bool] = {}

    @cached_property
    def pool(self) -> Pool:
        """Config files by the cells that they are for."""
        return read_pool(read_history(self.where.history), self.where.shapes)

    @cached_property
    def simulator(self) -> Simulator:
        """The fitted model."""
        return load(self.where.model)

    @cached_property
    def bands(self) -> Bands:
        """What expectations were worth."""
        return read_bands(self.where.expected)

    @cached_property
    def recorded(self) -> Recorded:
        """What was measured of whole cells."""
        return Recorded(self.where.recorded)

    def space(self, device: str, scheme: str) -> Space:
        """The legal configs; compiled if they never were. InputError if there is none."""
        key = device, scheme
        if key not in self._spaces:
            where = self.where
            self._spaces[key] = open_space(find_device(device), scheme, where.spaces, where.build)
        return self._spaces[key]

    def has_space(self, device: str, scheme: str) -> bool:
        """Whether a table has legal configs of it, so that nothing need be compiled."""
        key = device, scheme
        if key not in self._there:
            self._there[key] = self._has_space(device, scheme)
        return self._there[key]

    def _has_space(self, device: str, scheme: str) -> bool:
        arch = find_device(device).arch
        kin = (name for name, one in devices().items() if one.arch == arch)
        if not any((self.where.spaces / f"{name}-{scheme}.parquet").exists() for name in kin):
            return False
        try:
            self.space(device, scheme)
        except InputError:
            return False
        return True

    def facts(self, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
        """The compiler's facts of some (GPU, scheme), each architecture's once."""
        wanted = {(find_device(device).arch, scheme): (device, scheme) for device, scheme in pairs}
        parts = [self.space(*pair).facts for pair in wanted.values()]
        return pd.concat(parts, ignore_index=True) if parts else read_facts([])
