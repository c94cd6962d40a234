"""Time one config compiled in several ways, in interleaved rounds on the same draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scripts.lib.config import parse_id
from scripts.lib.shape import Cell, parse_cell
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol


@dataclass(frozen=True)
class Way:
    """A way to compile the kernel: what is left to run time, and whether operands are swapped."""

    run_time: tuple[str, ...] = ()
    swap: bool = False


AS_IT_IS = Way()


def _binaries(entry: Mapping[str, int], cell: Cell, way: Way, target: Any) -> Any:
    from kernels.compilation import compile_gemm  # noqa: PLC0415
    from scripts.measure.backend.gpu import Binaries  # noqa: PLC0415
    from scripts.measure.backend.variants import variants  # noqa: PLC0415

    pair = (replace(variant, swap=way.swap) for variant in variants(cell.shape))
    return Binaries(*(compile_gemm(entry, v, target, way.run_time) for v in pair))


def compare(
    cell_id: str, config_ids: list[str], ways: Mapping[str, Way], protocol: Protocol
) -> list[dict[str, Any]]:
    """Paired ratios of each config on one cell: each way over the kernel as it is.

    One row per config: its latency as it is (``compiled_in_us``) and the median ratio by way.
    """
    from scripts.measure.backend.gpu import GpuBackend  # noqa: PLC0415
    from scripts.measure.work.candidate import make_timer  # noqa: PLC0415
    from scripts.measure.work.finals import interleave  # noqa: PLC0415
    from scripts.measure.work.operands import make_weights, most_weight_sets  # noqa: PLC0415
    from scripts.measure.work.scopes import make_operands  # noqa: PLC0415

    cell, conditions, backend = parse_cell(cell_id), Conditions(), GpuBackend()
    sets = most_weight_sets(conditions.weights)
    weights = make_weights(cell.shape, sets, protocol.seed, backend.device, backend.fnuz)
    scope = make_operands(cell, weights, conditions, protocol.seed, backend)
    passes = len(scope.inputs.passes)
    rows = []
    for config_id in config_ids:
        entry = parse_id(config_id).to_entry()
        queues = []
        for way in (AS_IT_IS, *ways.values()):
            binaries = _binaries(entry, cell, way, backend.target)
            timer = make_timer(backend, scope, binaries, entry)
            timer(2)
            queues.append(timer.enqueue)
        us = np.asarray(interleave(queues, backend.synchronise, passes, protocol))
        ratios = np.median(us / us[:, :1], axis=0)
        row: dict[str, Any] = {"cell_id": cell_id, "config_id": config_id}
        row["compiled_in_us"] = round(float(np.median(us[:, 0])), 3)
        row |= {name: round(float(r), 5) for name, r in zip(ways, ratios[1:], strict=True)}
        rows.append(row)
    return rows


def geometric_means(rows: list[dict[str, Any]], ways: Mapping[str, Way]) -> dict[str, float]:
    """Geometric mean of the ratios, by way."""
    return {name: float(np.exp(np.mean([np.log(row[name]) for row in rows]))) for name in ways}
