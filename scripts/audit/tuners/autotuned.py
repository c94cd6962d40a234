"""Triton's own ``autotune`` round graphx's kernel, as authors of kernels use it.

The tile height is fixed before the launch, by the alignment, so that there is an autotuner for each
height and each GEMM; heights are compared by what the autotuners timed. Its clock is Triton's
``do_bench``: launches one by one, L2 cleared before each. Its cache answers for an exact number of
tokens, under the arguments that its author named as the key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from scripts.audit.bench import Array, Bench, How, Places, Problem, Scope
from scripts.audit.tuner import Key, Profile
from scripts.audit.tuners.apart import best_pair
from scripts.audit.tuners.by_file import ByFile

# The arguments that public kernels name most often: rows, columns, depth.
KEY = ("num_valid", "N", "K")
# Milliseconds of warming up and of timing; Triton's own 25 and 100 are for a kernel, not a grid.
WARM_UP_MS, TIMED_MS = 1, 4
Clock = Callable[..., Any]


def triton_clock() -> Clock:
    """Triton's, with less time for each config."""
    import triton.testing  # noqa: PLC0415 - needs a GPU stack

    return partial(triton.testing.do_bench, warmup=WARM_UP_MS, rep=TIMED_MS)


@dataclass
class Autotuned(ByFile):
    """``clock``: as Triton's autotuner calls it; None is Triton's."""

    clock: Clock | None = None
    covers: Scope = Scope.PART

    def key(self, problem: Problem) -> Key:
        """Rows, columns and depth of the gate-up GEMM."""
        shape = problem.cell.shape
        return problem.cell.tokens * shape.top_k, 2 * shape.intermediate, shape.hidden

    def timed_at(self, problem: Problem) -> Problem:
        """Itself: there are no buckets."""
        return problem

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Have Triton tune both GEMMs at each tile height."""
        places = self.enumerate(problem)
        up, down = (self._timings(problem, bench, places, s) for s in (Scope.UP, Scope.DOWN))
        key = self.key(problem)
        self.entries[key] = bench.pair(*best_pair(bench, places, up, down))
        runs = np.isfinite(up + down)
        return Profile(key, problem, places[runs], (up + down)[runs])

    def _timings(self, problem: Problem, bench: Bench, places: Places, scope: Scope) -> Array:
        """What Triton's autotuners timed, us, of all tile heights."""
        found = np.full(len(places), np.nan)
        tiles = np.array([bench.tactics[place].block_size_m for place in places])
        for tile in np.unique(tiles):
            mine = np.flatnonzero(tiles == tile)
            if len(mine) > 1:  # of one config it times nothing
                found[mine] = self._tuned(problem, bench, places[mine], scope)
        return found

    def _tuned(self, problem: Problem, bench: Bench, places: Places, scope: Scope) -> Array:
        import triton  # noqa: PLC0415 - needs a GPU stack

        calls = {int(place): bench.call(problem, int(place), How(scope=scope)) for place in places}
        configs = [triton.Config({"place": place}) for place in calls]
        tune = triton.autotune(configs, key=list(KEY), do_bench=self.clock or triton_clock())
        tuned = tune(_Ahead(calls))
        shape = problem.cell.shape
        tuned[(1,)](problem.cell.tokens * shape.top_k, 2 * shape.intermediate, shape.hidden)
        timed = {
            config.kwargs["place"]: _milliseconds(ms)
            for config, ms in tuned.configs_timings.items()
        }
        return np.array([1e3 * timed[place] for place in calls])

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """None: without tuning it launches nothing."""
        return None

    def fresh(self) -> Autotuned:
        """Nothing cached."""
        return replace(self, entries={})


def _milliseconds(timed: Any) -> float:
    """The median, which comes first; one that could not run is infinite there."""
    middle = float(timed[0] if isinstance(timed, list | tuple) else timed)
    return middle if np.isfinite(middle) else float("nan")


class _Ahead:
    """Binaries compiled ahead in the form that Triton's autotuner takes for a kernel."""

    def __init__(self, calls: dict[int, Callable[[], None]]) -> None:
        self._calls = calls
        self.arg_names = list(KEY)

    @staticmethod
    def fn() -> None:
        """The Python function at the bottom, which only lends its name."""

    def run(self, *_: Any, place: int, **__: Any) -> None:
        """Launch the binary of a config; its options are compiled in."""
        self._calls[place]()
