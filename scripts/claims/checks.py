"""The checks of the gate, each hard: what is missing fails as what is wrong does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

import pandas as pd

from scripts.claims.comparator import Standing, allowed_ratio, stand, worst
from scripts.claims.evidence import Pair, Recording, pair
from scripts.lib.config import Config
from scripts.lib.spec import Spec

LAYER = "layer"
MEASURE = "python -m scripts.measure.sweep --cells {cell} --configs {before} {after}"


@dataclass
class Point:
    """The candidate at one number of tokens, and what was measured of it there."""

    tokens: int
    cell_id: str
    before: str
    after: str | None
    kernel: list[Pair] = field(default_factory=list)
    layer: list[Pair] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """The candidate keeps the baseline's config here."""
        return self.before == self.after

    def standing(self, spec: Spec, scope: str = "kernel") -> Standing:
        """What the recordings of a scope say together; marked cells say nothing."""
        if self.same:
            return Standing.SAME
        pairs: list[Pair] = getattr(self, scope)
        return worst([stand(self.tokens, one, spec) for one in pairs if not one.void])

    def to_json(self, spec: Spec) -> dict[str, Any]:
        """As it stands in the verdict."""
        return {
            "tokens": self.tokens,
            "before": self.before,
            "after": self.after,
            "standing": self.standing(spec),
            "kernel": [_pair_json(self.tokens, one, spec) for one in self.kernel],
            "layer": [_pair_json(self.tokens, one, spec) for one in self.layer],
        }


def _pair_json(tokens: int, one: Pair, spec: Spec) -> dict[str, Any]:
    return {
        "recording": one.recording,
        "scope": one.scope,
        "ratio": round(one.ratio, 6),
        "ci": [None if isnan(end) else round(end, 6) for end in (one.low, one.high)],
        "rounds": one.rounds,
        "before_us": round(one.before_us, 4),
        "allowed": round(allowed_ratio(tokens, one.before_us, spec), 6),
        "marks": one.void,
    }


def make_points(
    candidate: Mapping[int, Config],
    baseline: Mapping[int, Any],
    recordings: Sequence[Recording],
    spec: Spec,
    *,
    judging_half: bool,
) -> list[Point]:
    """A point for each number of tokens of the grid that the baseline holds, with its evidence."""
    points = []
    for tokens in spec.token_grid:
        if tokens not in baseline:
            continue
        own, after = baseline[tokens], candidate.get(tokens)
        point = Point(tokens, own.cell_id, own.config_id, None if after is None else after.id)
        points.append(point)
        if after is None or point.same:
            continue
        for one in recordings:
            found = pair(one, own.cell_id, point.before, after.id, judging_half=judging_half)
            if found is not None:
                (point.layer if found.scope == LAYER else point.kernel).append(found)
    return points


def coverage(candidate: Mapping[int, Config], points: Sequence[Point], spec: Spec) -> Iterator[str]:
    """Every number of tokens of the grid stands in both files, and nothing else in the candidate's;
    where they differ, an unmarked cell was measured."""  # noqa: D205,D209
    for tokens in spec.token_grid:
        if tokens not in candidate:
            yield f"candidate: {tokens}: is missing; a file covers the whole token grid"
        if tokens not in {point.tokens for point in points}:
            yield f"baseline: {tokens}: is missing; measure the committed config there"
    for tokens in sorted(set(candidate) - set(spec.token_grid)):
        yield f"candidate: {tokens}: is not on the token grid; nothing judges it; remove it"
    for point in points:
        if point.after is None or point.same or any(not one.void for one in point.kernel):
            continue
        why = " and ".join(f"{one.recording}'s cell is {one.void}" for one in point.kernel)
        yield (
            f"evidence: {point.tokens}: {why or 'no recording paired both configs'}; "
            + MEASURE.format(cell=point.cell_id, before=point.before, after=point.after)
        )


def correctness(
    points: Sequence[Point], recordings: Sequence[Recording], spec: Spec
) -> Iterator[str]:
    """Every config of the candidate was tried on its cell, and correct wherever it was."""
    for point in points:
        if point.after is None:
            continue
        found = [one.correct(point.cell_id, point.after, spec.logits_diff) for one in recordings]
        if False in found:
            yield f"candidate: {point.tokens}: {point.after} was not correct; take another config"
        elif True not in found:
            yield (
                f"candidate: {point.tokens}: {point.after} was never checked there; "
                + MEASURE.format(cell=point.cell_id, before=point.before, after=point.after)
            )


def ahead_of_time(points: Sequence[Point], space: pd.DataFrame) -> Iterator[str]:
    """Every config that is not the baseline's own was compiled for the GPU before, and fits it."""
    rows = space.set_index("config_id")
    for point in points:
        if point.after is None or point.same:
            continue
        if point.after not in rows.index:
            yield (
                f"candidate: {point.tokens}: {point.after} is not in the space of "
                f"{point.cell_id.split('/')[0]}; compile it ahead: python -m scripts.space.compile"
            )
        elif not rows.loc[point.after, "legal"]:
            why = str(rows.loc[point.after, "reason"])
            yield f"candidate: {point.tokens}: {point.after} is not legal: {why}; take another"


def no_regression(points: Sequence[Point], spec: Spec, scope: str) -> Iterator[str]:
    """No regression is shown anywhere, and every one is ruled out."""
    bad = {
        Standing.WORSE: "is slower beyond the band",
        Standing.OPEN: "may be slower beyond the band",
        Standing.MISSING: "was not measured on an unmarked cell",
    }
    for point in points:
        standing = point.standing(spec, scope)
        if standing in bad:
            yield (
                f"{scope}: {point.tokens}: {point.after} {bad[standing]}"
                f"{_ratios(getattr(point, scope))}; keep {point.before} there"
            )


def _ratios(pairs: Sequence[Pair]) -> str:
    texts = [f"{one.ratio:.3f} ({one.low:.3f}–{one.high:.3f})" for one in pairs]
    return f": {', '.join(texts)}" if texts else ""


def real_win(points: Sequence[Point], spec: Spec) -> Iterator[str]:
    """Somewhere the whole interval lies beyond the margin."""
    if not any(point.standing(spec) == Standing.BETTER for point in points):
        yield (
            f"kernel: nowhere on the grid does an interval lie below {1 - spec.win_margin}: "
            "there is no win to claim"
        )
