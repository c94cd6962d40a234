"""SGLang's method: the two GEMMs of a layer timed apart, and a config for each.

Both files must state one tile height for a batch size, since both GEMMs read one alignment, so the
fastest of each is taken for every tile height and the height with the smallest sum wins. Timed
warm, in a captured graph, as in the published method that it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.audit.bench import Array, Bench, Cache, How, Places, Problem, Scope
from scripts.audit.tuner import Profile
from scripts.audit.tuners.by_file import ByFile


@dataclass
class Apart(ByFile):
    """Argmin of each GEMM by itself."""

    runtime: str = "sglang"
    covers: Scope = Scope.PART

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Time the space under either GEMM at the entry's batch size."""
        timed, key = self.timed_at(problem), self.key(problem)
        places = self.enumerate(timed)
        up, down = (
            bench.time(timed, places, How(cache=Cache.WARM, scope=scope))
            for scope in (Scope.UP, Scope.DOWN)
        )
        self.entries[key] = bench.pair(*best_pair(bench, places, up, down))
        runs = np.isfinite(up + down)
        return Profile(key, timed, places[runs], (up + down)[runs])

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """Not known: SGLang's default heuristic is not among graphx's."""
        return None

    def fresh(self) -> Apart:
        """Empty files."""
        return replace(self, entries={})


def best_pair(bench: Bench, places: Places, up: Array, down: Array) -> tuple[int, int]:
    """Of one tile height, the places with the smallest sum; what has no latency is passed over."""
    tiles = np.array([bench.tactics[place].block_size_m for place in places])
    found = []
    for tile in np.unique(tiles):
        mine = np.flatnonzero(tiles == tile)
        if np.isfinite(up[mine]).any() and np.isfinite(down[mine]).any():
            one, two = mine[np.nanargmin(up[mine])], mine[np.nanargmin(down[mine])]
            found.append((float(up[one] + down[two]), int(places[one]), int(places[two])))
    _, first, second = min(found)
    return first, second
