"""Engines slowed for real: each of their times beside what was foretold, and whether it is found.

A matrix for this has the good setting booted again and again as its baseline, and features that
do nothing but cost time, each with what that comes to, said in the file before it is run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.matrix.cells import AGAIN, BASELINE, Cell
from scripts.matrix.levels.noise import noise_of
from scripts.matrix.levels.regression import slower
from scripts.matrix.switches import Matrix, feature_of
from scripts.matrix.verdicts import Judged, boots, others


def slowed_rows(device: str, matrix: Matrix, judged: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """MATRIX_SLOWED: every time of every engine, a boot of the baseline against the others."""
    by_id = {one.cell.id: one for one in judged}
    for one in judged:
        cell, again = one.cell, one.cell.kind in (BASELINE, AGAIN)
        noise = noise_of(
            boots(cell.model, by_id, cell.id if again else ""), others(cell.model, by_id)
        )
        said = foretold(matrix, cell)
        for metric, base in noise.items():
            if metric not in one.metrics or not base.freedom:
                continue
            ratio = one.metrics[metric] / base.mean
            yield {
                "device": device, "cell": cell.id, "slowed": not again, "metric": metric,
                "foretold": said.get(metric), "value": one.metrics[metric], "ratio": ratio,
                "boots": base.boots, "floor": math.expm1(base.floor),
                "found": slower(ratio, base.floor, matrix.numbers.regression),
            }  # fmt: skip


def foretold(matrix: Matrix, cell: Cell) -> Mapping[str, float]:
    """Metric -> over the baseline's, as its feature says; of several together nothing was said."""
    if len(cell.features) != 1:
        return {}
    switch, name = feature_of(cell.features[0])
    return matrix.switches[switch].settings[name].foretold
