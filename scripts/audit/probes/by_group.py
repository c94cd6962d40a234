"""Whether what a tuner took tactics for is off by their tile or by their kernel.

Shared by the probes of either: the tuner's figures are held against fair timings, and what is off
is shared out between both factors at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.audit.bench import Array, How
from scripts.audit.finding import SURE, Finding, Subject, not_applicable, scored

LEAST = 0.008  # log units: less is noise of a few bad timings
_FEW = 3  # tactics of a group that can stand for it


def off_by(factor: str, conditions: How, subject: Subject, lone: str, said: str) -> Finding:
    """Found where figures are off by a factor (``tile``, ``family``). ``lone``: why it cannot be
    asked of one group; ``said``: the evidence, of ``count`` groups and how far ``apart``."""  # noqa: D205,D209
    effects, smallest = group_effects(subject, conditions)[factor]
    if len(effects) < 2:
        return not_applicable(lone)
    apart = float(np.ptp(effects))
    text = said.format(count=len(effects), apart=f"{apart:.2%}")
    return scored(apart / smallest, text, apart, smallest)


def group_effects(subject: Subject, conditions: How) -> dict[str, tuple[Array, float]]:
    """By factor (``tile``, ``family``): the mean of each group with the other factor taken off,
    and how large a difference must be to count. NotKnown where the bench knows no timings under
    the ``conditions`` that would make the fault: then it cannot show."""  # noqa: D205,D209
    first = subject.timed()[0]
    subject.bench.time(first.problem, first.places[:1], conditions)
    logs, tiles, families = [], [], []
    for profile in subject.timed():
        tactics = [subject.bench.tactics[place] for place in profile.places]
        reported = subject.reported(profile)
        logs.append(reported - np.median(reported))
        tiles.append([one.block_size_m for one in tactics])
        families.append([subject.tuner.family(int(place)) for place in profile.places])
    off = np.concatenate(logs)
    factors = {"tile": np.concatenate(tiles), "family": np.concatenate(families)}
    off = np.clip(off, *np.quantile(off, [0.02, 0.98]))
    return _fitted(off, factors)


def _fitted(off: Array, factors: dict[str, NDArray[np.int64]]) -> dict[str, tuple[Array, float]]:
    """Least squares of both factors at once, so that neither is blamed for the other."""
    codes = {name: np.unique(values, return_inverse=True)[1] for name, values in factors.items()}
    columns = [np.eye(code.max() + 1)[code] for code in codes.values()]
    design = np.concatenate(columns, axis=1)
    effects = np.linalg.lstsq(design, off, rcond=None)[0]
    spread = float(np.std(off - design @ effects))
    found: dict[str, tuple[Array, float]] = {}
    start = 0
    for name, code in codes.items():
        counts = np.bincount(code)
        mine = effects[start : start + len(counts)]
        start += len(counts)
        large = counts >= _FEW
        least = float(counts[large].min()) if large.any() else np.inf
        found[name] = np.asarray(mine[large]), max(LEAST, SURE * spread * (2 / least) ** 0.5)
    return found
