"""FlashInfer's autotuner behind the interface of every tuner.

It is asked through its own entry, for one bucket at a time, and what it times is noted on the way.
Its cache lives in the process; a fresh tuner empties it. Outside of tuning it rounds tokens up to
its buckets, and falls back on a fixed tactic where the cache holds none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from scripts.audit.bench import Bench, Cute, Places, Problem, Scope
from scripts.audit.live.flashinfer.bench import CuteBench, parsed, runner_of
from scripts.audit.tuner import Key, Profile, Ran, Tuner

OPERATION = "CuteDslFusedMoE::run_moe_sm90::Swiglu"


def autotuner() -> Any:
    """The one of the process."""
    from flashinfer.autotuner import AutoTuner  # noqa: PLC0415 - its environment

    return AutoTuner.get()


@contextmanager
def noted() -> Iterator[list[tuple[Any, float]]]:
    """What FlashInfer times within, tactic by tactic, in us; FlashInfer passes over what fails, and
    if all of it does, RuntimeError with the last reason."""  # noqa: D205,D209
    from flashinfer.autotuner import AutoTuner  # noqa: PLC0415

    plain = AutoTuner._profile_single_kernel
    found: list[tuple[Any, float]] = []
    failed: list[str] = []

    def timed(self: Any, runner: Any, inputs: Any, tactic: Any, *args: Any, **more: Any) -> float:
        try:
            milliseconds = float(plain(self, runner, inputs, tactic, *args, **more))
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")
            raise
        found.append((tactic, 1e3 * milliseconds))
        return milliseconds

    AutoTuner._profile_single_kernel = timed
    try:
        yield found
    finally:
        AutoTuner._profile_single_kernel = plain
    if failed and not found:
        raise RuntimeError(f"FlashInfer timed none of {len(failed)} tactics: {failed[-1]}")


@dataclass
class FlashInfer:
    """See ``scripts.audit.tuner.Tuner``. ``tactics``: all of the layer, as the bench has them."""

    device: str
    ranks: int
    tactics: Sequence[Cute]
    name: str = "flashinfer"
    covers: Scope = Scope.WHOLE
    _tuned: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = {tactic: place for place, tactic in enumerate(self.tactics)}

    def _asked(self, problem: Problem) -> tuple[Any, list[Any]]:
        """FlashInfer's runner of a problem, and inputs of its shapes only."""
        shape, tokens = problem.cell.shape, problem.cell.tokens
        dtype = torch.bfloat16 if shape.scheme == "bf16" else torch.float16
        sizes = [
            (tokens, shape.hidden), (tokens, shape.top_k), (tokens, shape.top_k),
            (shape.experts, 2 * shape.intermediate, shape.hidden),
            (shape.experts, shape.hidden, shape.intermediate), (tokens, shape.hidden),
        ]  # fmt: skip
        inputs = [torch.empty(size, dtype=dtype, device="meta") for size in sizes]
        return runner_of(shape, problem.ranks), inputs

    def _entry(self, problem: Problem) -> Any:
        """The entry of FlashInfer's cache, by its own rules."""
        runner, inputs = self._asked(problem)
        shapes = tuple(tuple(one.shape) for one in inputs)
        return autotuner()._get_cache_key(
            OPERATION, runner, shapes, runner.tuning_config, runner.get_cache_key_extras(inputs)
        )

    def enumerate(self, problem: Problem) -> Places:
        """What FlashInfer offers at this number of tokens, its default among it."""
        runner, inputs = self._asked(problem)
        found = {parsed(one) for one in runner.get_valid_tactics(inputs, None)}
        return np.sort([self._places[one] for one in found])

    def key(self, problem: Problem) -> Key:
        """Operation, layer and bucket, as FlashInfer writes them to a file."""
        return str(self._entry(problem).file_key)

    def timed_at(self, problem: Problem) -> Problem:
        """Itself: the last bucket is always the number of tokens that is tuned at."""
        return problem

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Have FlashInfer tune this bucket; what its cache holds already is not timed again."""
        from flashinfer.autotuner import autotune  # noqa: PLC0415

        assert isinstance(bench, CuteBench)
        inputs = bench.inputs(bench.layer(problem), 0)
        runner = bench.runner
        with noted() as found, autotune(True, tuning_buckets=(problem.cell.tokens,)):
            _, tactic = autotuner().choose_one(
                OPERATION, [runner], runner.tuning_config, inputs
            )  # fmt: skip
        key = self.key(problem)
        self._tuned[key] = self._places[parsed(tactic)]
        us: dict[int, float] = {}
        for one, value in found:  # the default may stand among them twice
            place = self._places[parsed(one)]
            us[place] = min(value, us.get(place, np.inf))
        places = np.array(sorted(us), dtype=np.intp)
        timed = np.array([us[place] for place in places.tolist()])
        runs = np.isfinite(timed)
        return Profile(key, problem, places[runs], timed[runs])

    def choose(self, problem: Problem) -> int | None:
        """What FlashInfer's cache answers; its files are bound to a GPU's name."""
        if problem.cell.device != self.device:
            return None
        runner, inputs = self._asked(problem)
        shapes = tuple(tuple(one.shape) for one in inputs)
        hit, _, tactic, _ = autotuner().search_cache(
            OPERATION, [runner], shapes, runner.tuning_config, inputs=inputs
        )
        return self._places[parsed(tactic)] if hit else None

    def run(self, problem: Problem) -> Ran:
        """By the cache, or the fixed default."""
        place, key = self.choose(problem), self.key(problem)
        tokens = problem.cell.tokens
        if place is None:
            return Ran(self.fallback(problem), None, tokens)
        return Ran(place, key, tokens)

    def cache(self) -> Mapping[Key, int]:
        """All that was tuned here."""
        return dict(self._tuned)

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """The fixed default; of no earlier version."""
        return None if earlier else self._places.get(parsed(None))

    def family(self, place: int) -> int:
        """One pair of kernels."""
        return 0

    def fresh(self) -> FlashInfer:
        """The process's tuner, emptied."""
        autotuner().clear_cache()
        return FlashInfer(self.device, self.ranks, self.tactics)

    def together(self, ranks: int) -> Sequence[Tuner]:
        """None: its ranks agree through a process group, which wants as many GPUs."""
        return []

    def sibling(self, most: int) -> Tuner | None:
        """Another call in the same process: they share the one tuner."""
        return FlashInfer(self.device, self.ranks, self.tactics)
