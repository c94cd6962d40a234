"""What one fresh process does: it holds the GPU while it is asked, and nothing is cached before.

Every task is a tuple of a name and its arguments, every answer a plain dict that goes into the
ledger as it is. A tuner that raises, returns nothing or returns NaN is an outcome; an error that
outlives the GPU's context ends the process, which is one too.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.audit.bench import NotKnown, Problem
from scripts.audit.finding import Subject, answered
from scripts.audit.live.between import TIMED_BY
from scripts.audit.live.plan import Plan
from scripts.audit.live.told import calls_of, digits, margins, raced, shapes_of, wrong
from scripts.audit.tuner import Profile, Tuner
from scripts.lib.isolate import Named, PoisonedError
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions

if TYPE_CHECKING:
    from scripts.audit.live.bench import LiveBench

NEAR = (
    0.1  # over the fastest of one timing each: further behind, where a tactic stands is not noted
)
Body = dict[str, Any]
Pairs = Sequence[tuple[str, str]]


def make_sitting(plan: Plan, seed: int, backend: str, gpu: int) -> Sitting:
    """The handler, in a process that was just started."""
    prepare_process(backend, gpu)
    from scripts.measure.backend.choose import open_backend  # noqa: PLC0415 - see above

    return Sitting(plan, seed, open_backend(Conditions(backend=backend)))


class Sitting(Named):
    """State of the process: the bench that is open, and the graphs whose kernels are to be told."""

    def __init__(self, plan: Plan, seed: int, backend: Any) -> None:
        from scripts.audit.live.entrants import entrants  # noqa: PLC0415 - after the process is
        from scripts.audit.live.tally import Tally  # noqa: PLC0415

        self.plan, self.seed, self.backend = plan, seed, backend
        clock = None if backend.device == "cuda" else wall_clock
        self.makes, self.tally = entrants(plan, clock), Tally()
        self.bench: LiveBench | None = None
        self._timed: dict[str, Profile] = {}  # of the cell at hand, by tuner
        self._kept: dict[tuple[int, int, str], tuple[Any, int, Any]] = {}
        gc.disable()  # a collection in the middle of a replay loop would be a spike

    def do_ready(self) -> Body:
        """Import and load all, so that the GPU waits for no disk once it is this process's turn."""
        import scripts.audit.live.bench  # noqa: PLC0415
        import scripts.audit.live.kernel_times  # noqa: PLC0415
        import scripts.audit.probes  # noqa: F401, PLC0415

        for config in self.plan.configs:
            with suppress(Exception):  # its trial will say what is wrong with it
                self.backend.load(config.to_entry(), self.plan.shape)
        return {}

    def open(self, ranks: int) -> LiveBench:
        """The bench of a rank's layer; the last one is forgotten, but for graphs that are kept."""
        from scripts.audit.live.bench import LiveBench  # noqa: PLC0415 - see make_sitting

        if self.bench is None or self.bench.ranks != ranks:
            self.bench = None
            self.backend.release()
            self.bench = LiveBench(
                self.plan.local(ranks), ranks, self.plan.configs, self.backend, self.tally,
                self.seed,
            )  # fmt: skip
        return self.bench

    def problem(self, ranks: int, tokens: int) -> Problem:
        """A cell of the grid."""
        return Problem(Cell(self.plan.device, self.plan.local(ranks), tokens), ranks=ranks)

    def do_cell(
        self, ranks: int, tokens: int, pairs: Pairs, rounds: int, keep: bool, stands: int = 0
    ) -> Body:
        """Have every tuner of the pairs tune one cell, then compare the choices of each pair.

        ``stands``: rounds of all tactics that are near the fastest, whatever the tuners chose.
        """
        from scripts.audit.live.entrants import layer_of  # noqa: PLC0415

        bench, problem = self.open(ranks), self.problem(ranks, tokens)
        layer = layer_of(self.plan, ranks)
        picks: dict[str, int] = {}
        told: Body = {}
        self._timed.clear()
        for name in dict.fromkeys(one for pair in pairs for one in pair):
            told[name] = self._tuned(self.makes[name](layer), problem, bench)
            if told[name]["outcome"] == Outcome.CORRECT:
                picks[name] = told[name].pop("place")
        compared = [
            self._compared(bench, problem, pair, picks, rounds)
            for pair in pairs
            if rounds and set(pair) <= set(picks)
        ]
        for place in dict.fromkeys(picks.values()) if keep else ():
            key, operands = (ranks, tokens, bench.tactics[place].id), bench.layer(problem)
            # The graph reads the operands' memory: they must outlive the bench.
            self._kept[key] = bench.kept(problem, place), len(operands.passes), operands
        found = {"tuners": told, "pairs": compared}
        if stands and TIMED_BY in self._timed:
            found["stands"] = self._stands(problem, bench, stands)
        bench.forget()
        return found

    def _stands(self, problem: Problem, bench: LiveBench, rounds: int) -> Body:
        """Median us of the near tactics in interleaved rounds, in the canonical order."""
        from scripts.audit.live.entrants import canonical  # noqa: PLC0415
        from scripts.audit.live.tally import During  # noqa: PLC0415

        found = self._timed[TIMED_BY]
        near = found.places[found.us <= found.us.min() * (1 + NEAR)]
        near = canonical(self.plan)(problem, near)
        with self.tally.during(During.PREPARING):
            us = np.median(bench.rounds(problem, near, rounds), axis=0)
        ids = [bench.tactics[place].id for place in near]
        return {"rounds": rounds, "us": [[one, digits(t)] for one, t in zip(ids, us, strict=True)]}

    def _tuned(self, tuner: Tuner, problem: Problem, bench: LiveBench) -> Body:
        from scripts.audit.live.tally import During  # noqa: PLC0415

        self.tally.taken()
        began = time.perf_counter()
        try:
            with self.tally.during(During.PROFILING):
                profile = tuner.profile(problem, bench)
            place = tuner.choose(problem)
        except NotKnown as why:
            return {"outcome": str(Outcome.NOT_MEASURED), "reason": str(why)}
        except PoisonedError:
            raise
        except Exception as error:
            self.backend.synchronise()  # if the GPU is beyond repair, this raises
            reason = f"{type(error).__name__}: {error}"[:300]
            return {"outcome": str(Outcome.RUNTIME_ERROR), "reason": reason}
        self.backend.synchronise()
        seconds = time.perf_counter() - began
        fault = wrong(profile, place)
        if fault is not None or place is None:
            return {"outcome": str(Outcome.MISMATCH), "reason": fault}
        calls = calls_of(self.tally.taken())
        self._timed[tuner.name] = profile
        return {
            "outcome": str(Outcome.CORRECT),
            "place": place,
            "pick": bench.tactics[place].id,
            "timed_at": profile.problem.cell.tokens,
            "seconds": round(seconds, 4),
            "calls": calls,
            **margins(profile, bench),
            **raced(tuner, problem, bench),
        }

    def _compared(
        self,
        bench: LiveBench,
        problem: Problem,
        pair: tuple[str, str],
        picks: Mapping[str, int],
        rounds: int,
    ) -> Body:
        """Both choices twice each in interleaved rounds, and what they compute."""
        from scripts.audit.live.tally import During  # noqa: PLC0415

        first, second = (picks[name] for name in pair)
        slots = [first, second] if first == second else [first, first, second, second]
        self.tally.taken()
        with self.tally.during(During.RUNNING):
            us = bench.rounds(problem, np.array(slots), rounds)
        taken = self.tally.taken()
        agreement, largest = bench.parity(problem, first, second)
        correct = [bench.correct(problem, place) for place in (first, second)]
        return {
            "first": pair[0],
            "second": pair[1],
            "picks": [bench.tactics[place].id for place in (first, second)],
            "us": [[round(float(value), 3) for value in row] for row in us],
            "logits_diff": digits(agreement.logits_diff),
            "max_abs": digits(largest),
            "agree": agreement.passes,
            "reference_diff": [digits(one.logits_diff) for one in correct],
            "correct": [one.passes for one in correct],
            "calls": calls_of(taken),
            "shapes": shapes_of(taken),
        }

    def do_kernels(self) -> Body:
        """Kernel sums of all graphs kept, the last task of a process."""
        from scripts.audit.live.kernel_times import kernel_times  # noqa: PLC0415

        keys = list(self._kept)
        found = kernel_times([self._kept[key][:2] for key in keys])
        rows = [
            {"ranks": key[0], "tokens": key[1], "config": key[2]}
            | {name: digits(value) for name, value in asdict(one).items()}
            for key, one in zip(keys, found, strict=True)
            if one is not None
        ]
        return {"graphs": len(keys), "kernels": rows}

    def do_probe(
        self, tuner: str, ranks: int, tokens: Sequence[int], probes: Sequence[str], most: int
    ) -> Body:
        """What probes say of a tuner on one layer; the tuner is tuned once for all of them."""
        from scripts.audit.live.entrants import layer_of  # noqa: PLC0415
        from scripts.audit.probes import PROBES  # noqa: PLC0415

        bench = self.open(ranks)
        problems = [self.problem(ranks, one) for one in tokens]
        subject = Subject(self.makes[tuner](layer_of(self.plan, ranks)), bench, problems, most)
        said = {}
        for name in probes:
            found = answered(PROBES[name], subject)
            said[name] = {
                "verdict": str(found.verdict), "evidence": found.evidence, "unit": found.unit,
                "effect": digits(found.effect), "smallest": digits(found.smallest),
            }  # fmt: skip
        return {"said": said}


def wall_clock(call: Any, quantiles: Sequence[float]) -> list[float]:
    """In the place of Triton's clock where there is no GPU: milliseconds of a few calls."""
    found = []
    for _ in range(3):
        began = time.perf_counter()
        call()
        found.append(1e3 * (time.perf_counter() - began))
    return [float(value) for value in np.quantile(found, quantiles)]
