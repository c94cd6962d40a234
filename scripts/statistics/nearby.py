"""Where a config lies in the legal space: whether it is in it, and what is one parameter away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from scripts.lib.config import Config, parse_id


@dataclass(frozen=True)
class Nearby:
    """Of one config: whether it is legal, how many legal ones are near, how many were tried."""

    in_space: bool
    near: int
    near_tried: int


class Space:
    """The legal configs of one GPU and scheme."""

    def __init__(self, config_ids: Collection[str]) -> None:
        self._ids = np.array(sorted(config_ids), dtype=object)
        self._parameters = np.array([_parameters(parse_id(name)) for name in self._ids])

    def around(self, config_id: str, tried: Collection[str]) -> Nearby:
        """The neighbourhood of a config, which need not be legal; ``tried``: configs by id."""
        if not len(self._ids):
            return Nearby(in_space=False, near=0, near_tried=0)
        changed = (self._parameters != _parameters(parse_id(config_id))).sum(axis=1)
        near = set(self._ids[changed == 1])
        return Nearby(bool((changed == 0).any()), len(near), len(near & set(tried)))


def _parameters(config: Config) -> list[int]:
    # An absent key is no value of that key.
    return [-1 if value is None else value for value in astuple(config)]


def spaces(legal: pd.DataFrame) -> dict[tuple[str, str], Space]:
    """By GPU and scheme; ``legal``: device, scheme and config_id of SPACE, the legal rows."""
    return {
        (str(key[0]), str(key[1])): Space(rows["config_id"].tolist())
        for key, rows in legal.groupby(["device", "scheme"], sort=True)
    }
