"""The legal configs of a (GPU, scheme), as search strategies need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config, ConfigError, parse_id
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table

# The parameters that every config has, and so the axes of the space.
AXES = (
    "block_size_m",
    "block_size_n",
    "block_size_k",
    "group_size_m",
    "num_warps",
    "num_stages",
)


def coordinates(configs: Iterable[Config]) -> NDArray[np.float64]:
    """Base-2 logarithms of the six parameters, shape (configs, 6), columns as in ``AXES``."""
    values = [[getattr(config, axis) for axis in AXES] for config in configs]
    return np.log2(np.array(values, dtype=np.float64).reshape(-1, len(AXES)))


class LegalSpace:
    """Legal configs in ascending order, so that ties are broken alike everywhere."""

    def __init__(self, configs: Iterable[Config]) -> None:
        self.configs = tuple(sorted(configs, key=_parameters))

    def __len__(self) -> int:
        return len(self.configs)

    @cached_property
    def by_id(self) -> dict[str, Config]:
        """The configs by their ids, in their order."""
        return {config.id: config for config in self.configs}

    @cached_property
    def coordinates(self) -> NDArray[np.float64]:
        """``coordinates`` of the configs, shape (len(self), 6)."""
        return coordinates(self.configs)

    @cached_property
    def index(self) -> dict[Config, int]:
        """Place of each config in ``configs``."""
        return {config: place for place, config in enumerate(self.configs)}

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """A number for each config, the same for configs that differ in GROUP_SIZE_M alone.

        Such configs share a binary in all but the order of programs, and its fate.
        """
        names = [replace(config, group_size_m=1) for config in self.configs]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return np.array([numbers[name] for name in names], dtype=np.int64)


def _parameters(config: Config) -> tuple[int, ...]:
    """The order of configs: by the six parameters, then by the optional keys, absent ones first.

    AMD's compiler takes 0, 0 and 1 for absent waves_per_eu, matrix_instr_nonkdim and kpack, so of
    configs equal in what a foreign one states, the first is the nearest to what it leaves open.
    """
    return tuple(-1 if value is None else value for value in _VALUES(config))


_VALUES = attrgetter(*(one.name for one in fields(Config)))


def read_legal(path: Path, device: str, scheme: str) -> LegalSpace:
    """The legal configs of a SPACE table. InputError if it holds none for (device, scheme)."""
    frame = read_table(path, SPACE)
    for column, value in (("device", device), ("scheme", scheme)):
        if value not in set(frame[column]):
            raise unknown_name(f"{column} in {path}", value, set(frame[column]))
    rows = frame[(frame["device"] == device) & (frame["scheme"] == scheme) & frame["legal"]]
    if rows.empty:
        raise InputError(f"{path}: no legal config for {device} and {scheme}; nothing to propose")
    try:
        return LegalSpace(parse_id(config_id) for config_id in rows["config_id"])
    except ConfigError as error:
        raise InputError(f"{path}: column config_id: {error}") from error
