"""Truth by injection: how often probes find a fault that is there, and one that is not.

A run is a synthetic tuner (scripts.audit.synthetic) on a completely measured layer: five of its
numbers of tokens, a shortlist of its tactics, the recorded noise, everything drawn by the run's own
seed. Each fault in each strength is put to its probe; tuners without a fault to all of them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

from scripts.audit.bench import Problem
from scripts.audit.faults import STRENGTHS, Fault, probe_of
from scripts.audit.finding import Finding, Subject, Verdict, answered
from scripts.audit.layers import Layer, read_layers
from scripts.audit.noise import Noise, read_noise
from scripts.audit.options import add_recorded, parser
from scripts.audit.probes import PROBES
from scripts.audit.synthetic import Synthetic
from scripts.audit.world import World
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.audit import INJECTED, INJECTED_SPLIT
from scripts.lib.tables import write_table

LOG = logging.getLogger("audit.injected")
HALVES = ("even", "odd")
NONE, ANY, OWN = "none", "any", "own"
TOKENS, TACTICS, BEST = 5, 96, 12  # of a run; the best of each number of tokens are among them
LEVEL = 0.95
Row = dict[str, Any]
EXAMPLE = """
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.audit.injected --trials $D/trials.parquet --cells $D/cells.parquet \\
    --spaces results/tables/space/NVIDIA_H200-bf16.parquet \\
    --noise results/tables/audit/noise.parquet --clean 1000 --runs 40 --seed 1 \\
    --out results/tables/audit/injected.parquet \\
    --out-split results/tables/audit/injected_split.parquet
"""


@dataclass(frozen=True)
class Injection:
    """What a run is given; ``fault`` None: nothing."""

    fault: Fault | None
    strength: float | None
    run: int


def plan(clean: int, runs: int) -> list[Injection]:
    """All runs in their order; no two share a number, and so a seed."""
    faults = [(fault, strength) for fault, every in STRENGTHS.items() for strength in every]
    injected = [(fault, strength, run) for fault, strength in faults for run in range(runs)]
    without = [Injection(None, None, run) for run in range(clean)]
    return without + [Injection(*one[:2], clean + at) for at, one in enumerate(injected)]


def shortlist(layer: Layer, rng: np.random.Generator) -> Layer:
    """``TOKENS`` numbers of tokens, evenly from least to most, and ``TACTICS`` tactics."""
    rows = np.linspace(0, len(layer.tokens) - 1, TOKENS).round().astype(int)
    us = layer.us[rows]
    runs = np.flatnonzero(np.isfinite(us).all(axis=0))
    best = np.intersect1d(np.argsort(us, axis=1)[:, :BEST], runs)
    others = rng.permutation(np.setdiff1d(runs, best))[: max(0, TACTICS - len(best))]
    kept = np.sort(np.concatenate([best, others])).tolist()
    tokens = tuple(layer.tokens[row] for row in rows)
    return replace(layer.only(kept), tokens=tokens, us=us[:, kept])


def subject_of(one: Injection, layers: Sequence[Layer], noise: Noise, seed: int) -> Subject:
    """A tuner with the fault, on a layer in a world of that strength."""
    rng = np.random.default_rng([seed, one.run])
    layer = shortlist(layers[one.run % len(layers)], rng)
    faults = {} if one.fault is None or one.strength is None else {one.fault: one.strength}
    world = World(layer, noise, rng, faults)
    problems = [Problem(layer.cell(tokens)) for tokens in layer.tokens]
    return Subject(Synthetic(layer, faults), world, problems)


def findings(one: Injection, subject: Subject) -> dict[str, Finding]:
    """What the fault's probe says, or what all say of a tuner without a fault."""
    names = list(PROBES) if one.fault is None else [probe_of(one.fault)]
    return {name: answered(PROBES[name], subject) for name in names}


def rows_of(plan: Sequence[Injection], said: Sequence[dict[str, Finding]]) -> Iterator[Row]:
    """INJECTED rows of one GPU, faults in their order, those without a fault first."""
    keys = list(dict.fromkeys((one.fault, one.strength) for one in plan))
    for fault, strength in keys:
        mine = [
            found
            for one, found in zip(plan, said, strict=True)
            if (one.fault, one.strength) == (fault, strength)
        ]
        key = {"fault": NONE if fault is None else str(fault), "strength": strength}
        for name in mine[0]:
            answers = [found[name] for found in mine]
            found = [one.verdict is Verdict.FOUND for one in answers]
            least = [one.smallest for one in answers if one.smallest is not None]
            seen = {"smallest": _digits(float(np.median(least))) if least else None}
            yield key | {"probe": name} | rate(found) | seen | {"unit": answers[0].unit}
        if fault is None:
            alarms = [any(f.verdict is Verdict.FOUND for f in one.values()) for one in mine]
            yield key | {"probe": ANY} | rate(alarms) | {"smallest": None, "unit": None}
    hits = [
        next(iter(found.values())).verdict is Verdict.FOUND
        for one, found in zip(plan, said, strict=True)
        if one.fault is not None
    ]
    key = {"fault": ANY, "strength": None, "probe": OWN}
    yield key | rate(hits) | {"smallest": None, "unit": None}


def rate(found: Sequence[bool]) -> Row:
    """Share with its exact interval (Clopper and Pearson)."""
    runs, hits, tail = len(found), sum(found), (1 - LEVEL) / 2
    low = beta.ppf(tail, hits, runs - hits + 1) if hits else 0.0
    high = beta.ppf(1 - tail, hits + 1, runs - hits) if hits < runs else 1.0
    ends = {"rate": hits / runs, "low": low, "high": high}
    return {"runs": runs, "found": hits} | {name: _digits(end) for name, end in ends.items()}


def _digits(value: float) -> float:
    return float(f"{value:.10g}")


# Layers, noise and seed, once in each process of a pool.
_SHARED: list[tuple[Sequence[Layer], Noise, int]] = []


def _found(one: Injection) -> dict[str, Finding]:
    """In a process of the pool."""
    return findings(one, subject_of(one, *_SHARED[0]))


def inject(
    layers: Sequence[Layer], noise: Noise, runs: Sequence[Injection], seed: int, processes: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """INJECTED and INJECTED_SPLIT of every GPU. InputError if no layer has enough numbers of
    tokens."""  # noqa: D205,D209
    by_device: dict[str, list[Layer]] = {}
    for layer in layers:
        if len(layer.tokens) >= TOKENS:
            by_device.setdefault(layer.device, []).append(layer)
    if not by_device:
        raise InputError(f"no layer is completely measured at {TOKENS} numbers of tokens or more")
    rows: list[Row] = []
    split: list[Row] = []
    for device, mine in sorted(by_device.items()):
        said = _said(mine, noise, runs, seed, processes)
        rows += (row | {"device": device} for row in rows_of(runs, said))
        split += (row | {"device": device} for row in split_of(runs, said, len(mine)))
    return (
        pd.DataFrame(rows, columns=INJECTED.names),
        pd.DataFrame(split, columns=INJECTED_SPLIT.names),
    )


def split_of(plan: Sequence[Injection], said: Sequence[dict[str, Finding]], layers: int
             ) -> Iterator[Row]:  # fmt: skip
    """INJECTED_SPLIT rows of one GPU: layers in their order fall to either half by turns."""
    scores: dict[tuple[str, bool, int], list[float]] = {}
    for one, found in zip(plan, said, strict=True):
        half = one.run % layers % 2
        for name, finding in found.items():
            if finding.score is not None:
                scores.setdefault((name, one.fault is None, half), []).append(finding.score)
    for name in PROBES:
        for half, other in ((0, 1), (1, 0)):
            clean, faulty = scores.get((name, True, other)), scores.get((name, False, other))
            known = [scores.get((name, without, half)) for without in (True, False)]
            if not (clean and faulty and known[0] and known[1]):
                continue
            factor = between(max(known[0]), min(known[1]))
            yield {
                "probe": name, "set_on": HALVES[half], "judged_on": HALVES[other],
                "factor": _digits(factor), "clean": len(clean), "runs": len(faulty),
                "alarms": sum(one > factor for one in clean),
                "found": sum(one > factor for one in faulty),
                "alarms_in_use": sum(one > 1 for one in clean),
                "found_in_use": sum(one > 1 for one in faulty),
            }  # fmt: skip


def between(clean: float, faulty: float) -> float:
    """A threshold between the largest score without a fault and the smallest with one: their
    geometric middle; where they overlap, the former."""  # noqa: D205,D209
    if faulty <= clean:
        return clean
    return float((clean * faulty) ** 0.5) if clean > 0 else faulty / 2


def _said(
    layers: Sequence[Layer], noise: Noise, runs: Sequence[Injection], seed: int, processes: int
) -> list[dict[str, Finding]]:
    """What the probes say of each run on the layers of one GPU."""
    said = []
    shared = (layers, noise, seed)
    with ProcessPoolExecutor(processes, initializer=_SHARED.append, initargs=(shared,)) as pool:
        for found in pool.map(_found, runs, chunksize=20):
            said.append(found)
            if len(said) % 500 == 0:
                LOG.info("%d of %d runs", len(said), len(runs))
    return said


def main(argv: list[str] | None = None) -> int:
    """Parse, read, inject, write."""
    options = parser(__doc__, EXAMPLE)
    add_recorded(options)
    options.add_argument("--clean", type=int, required=True, help="tuners without a fault")
    options.add_argument("--runs", type=int, required=True, help="tuners of a fault and strength")
    options.add_argument("--processes", type=int, default=2, help="runs at a time (default: 2)")
    options.add_argument("--out", type=Path, required=True, help="INJECTED table to write")
    options.add_argument("--out-split", type=Path, required=True, help="INJECTED_SPLIT to write")
    args = options.parse_args(argv)

    def body() -> None:
        for name in ("clean", "runs"):
            if getattr(args, name) < 1:
                raise InputError(f"--{name} is {getattr(args, name)}; the least is 1")
        noise = read_noise(args.noise)
        layers = read_layers(args.trials, args.cells, args.spaces, noise)
        runs = plan(args.clean, args.runs)
        frame, split = inject(layers, noise, runs, args.seed, args.processes)
        write_table(args.out, frame, INJECTED)
        write_table(args.out_split, split, INJECTED_SPLIT)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
