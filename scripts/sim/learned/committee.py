"""Several forests, each with its own view of a question; the correction is their mean.

A few dozen cells cannot tell which of many correlated features a residual hangs on, and a forest
that saw them all trusts some by chance. Views that leave whole groups out err differently, and
their mean orders the fastest configs better than any of them (results/tables/sim/sim_rates.parquet
holds what is reached).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scripts.sim.arrays import Array
from scripts.sim.learned.forest import Forest, Tree


@dataclass(frozen=True)
class Member:
    """A forest and the features it reads, by name and in order."""

    names: tuple[str, ...]
    forest: Forest


@dataclass(frozen=True)
class Committee:
    """Members whose predictions are averaged."""

    members: tuple[Member, ...]

    def predict(self, rows: pd.DataFrame) -> Array:
        """Mean prediction for rows of features, 0 without members.

        KeyError if a feature is missing.
        """
        if not self.members:
            return np.zeros(len(rows))
        found = [
            member.forest.predict(rows[list(member.names)].to_numpy()) for member in self.members
        ]
        return np.asarray(np.mean(found, axis=0))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain lists."""
        return [
            {
                "features": list(member.names),
                "baseline": member.forest.baseline,
                "trees": [tree.to_json() for tree in member.forest.trees],
            }
            for member in self.members
        ]

    @classmethod
    def read(cls, body: list[dict[str, Any]]) -> Committee:
        """The inverse of ``to_json``."""
        return cls(tuple(_member(entry) for entry in body))


def _member(entry: dict[str, Any]) -> Member:
    names = tuple(entry["features"])
    trees = tuple(Tree.read(tree) for tree in entry["trees"])
    return Member(names, Forest(entry["baseline"], trees, len(names)))
