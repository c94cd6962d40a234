"""Two tuners on one grid: degrees of expert parallelism by numbers of tokens.

A rank of EP ranks holds E / EP experts: another layer, and a cell of the grid exists where that
layer was measured with so many tokens. The others are listed with the reason.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from scripts.audit.bench import Bench, NotKnown, Problem
from scripts.audit.finding import ROUNDS
from scripts.audit.layers import Layer
from scripts.audit.tuner import Profile, Tuner
from scripts.lib.judging.decision import decide
from scripts.lib.judging.medians import median_interval

RANKS = (1, 8, 16)
TOKENS = tuple(2**power for power in range(15))  # 1 to 16,384
Row = dict[str, Any]
# Makes a bench for a layer and a seed: recorded trials, or a GPU.
Open = Callable[[Layer, list[int]], Bench]
Make = Callable[[Layer], Tuner]


def grid(
    layer: Layer,
    layers: Sequence[Layer],
    pair: tuple[Make, Make],
    open_bench: Open,
    repeats: int,
    margin: float,
    seed: int,
) -> Iterator[Row]:
    """GRID rows of a layer, 45 of them."""
    for ranks in RANKS:
        local = layer.local(ranks, layers)
        tuners = None if local is None else tuple(make(local) for make in pair)
        for tokens in TOKENS:
            key = {"device": layer.device, "layer": layer.shape.id, "ep": ranks, "tokens": tokens,
                   "repeats": repeats}  # fmt: skip
            if local is None or tuners is None:
                yield key | {"reason": _absent(layer.shape.experts, ranks)}
                continue
            problem = Problem(local.cell(tokens))
            bench = open_bench(local, [seed, zlib.crc32(problem.cell.id.encode()), ranks])
            try:
                bench.time(problem, np.empty(0, dtype=np.intp))  # NotKnown, before any tuning
                found = _compared(tuners, problem, bench, repeats, margin)
                yield key | {"cell_id": problem.cell.id, "reason": None} | found
            except NotKnown as why:
                yield key | {"reason": str(why).removeprefix(f"{problem.cell.id}: ")}


def _absent(experts: int, ranks: int) -> str:
    if experts % ranks:
        return f"{experts} experts cannot be shared by {ranks} ranks"
    return f"a layer of {experts // ranks} experts was not measured"


def _compared(
    tuners: Sequence[Tuner], problem: Problem, bench: Bench, repeats: int, margin: float
) -> Row:
    first, second = (_again(tuner, problem, bench, repeats) for tuner in tuners)
    picks = np.array([first[0], second[0]])
    digests = bench.digests(problem, picks)
    ratio, low, high = 1.0, 1.0, 1.0
    if picks[0] != picks[1]:
        logs = np.log(bench.rounds(problem, picks, ROUNDS))
        ratio, low, high = np.exp(median_interval(logs[:, 1] - logs[:, 0]))
    row: Row = {
        "parity": bool(digests[0] == digests[1]),
        "matched": bool(picks[0] == picks[1]),
        "ratio": _digits(ratio),
        "low": _digits(low),
        "high": _digits(high),
        "word": str(decide([low], [high], margin)[0]),
    }
    for side, (place, flips, apart) in (("first", first), ("second", second)):
        row |= {f"pick_{side}": bench.tactics[place].id, f"flips_{side}": flips,
                f"margin_{side}": apart}  # fmt: skip
    return row


def _again(
    tuner: Tuner, problem: Problem, bench: Bench, repeats: int
) -> tuple[int, float, float | None]:
    """The commonest choice, how often it was another, and the margin of the first tuning."""
    profiles: list[Profile] = []
    chosen: list[int] = []
    for _ in range(repeats):
        fresh = tuner.fresh()
        profiles.append(fresh.profile(problem, bench))
        place = fresh.choose(problem)
        if place is None:
            raise NotKnown(f"{tuner.name} chose nothing")
        chosen.append(place)
    place, often = min(Counter(chosen).items(), key=lambda one: (-one[1], one[0]))
    return place, _digits(1 - often / repeats), _margin(profiles[0])


def _margin(profile: Profile) -> float | None:
    """Second best over best, less one; None of fewer than two."""
    if len(profile.us) < 2:
        return None
    best, second = np.sort(profile.us)[:2]
    return _digits(second / best - 1)


def _digits(value: float) -> float:
    return float(f"{value:.10g}")
