"""An audit of the invented layer: every fault once, two tuners on the grid, all probes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from scripts.audit.grid import grid
from scripts.audit.injected import inject, plan
from scripts.audit.layers import Layer
from scripts.audit.noise import Noise
from scripts.audit.probes import PROBES
from scripts.audit.real import PAIR, findings
from scripts.audit.replay import ReplayBench
from scripts.audit.steady import rates, steady
from scripts.audit.tuner import Tuner
from scripts.audit.tuners.published import Published
from scripts.audit.tuners.steadied import Steadied
from scripts.lib.schemas import audit as schema
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.tables import Table
from tests.audit.invented import layer, noise_table
from tests.transfer.study import DEVICE

NOISE = Noise(noise_table())
SPLIT = pd.DataFrame(
    [
        (DEVICE, "coin_flips", *halves, 0.6, 478, 2, 58, 57, 0, 56)
        for halves in (("even", "odd"), ("odd", "even"))
    ],
    columns=schema.INJECTED_SPLIT.names,
)
MARGINS = pd.DataFrame(
    [
        (DEVICE, half, margin, margin == 0.005, margin == 0.0075, 12, 0.99, 1.001, 0.12)
        for half in ("even", "odd")
        for margin in (0.005, 0.0075)
    ],
    columns=schema.STEADY_SPLIT.names,
)


def open_bench(of: Layer, seed: list[int]) -> ReplayBench:
    return ReplayBench(of, NOISE, np.random.default_rng(seed))


def published(of: Layer) -> Tuner:
    return Published(of, BATCH_LADDER, name="published")


def raced(of: Layer) -> Tuner:
    return Steadied(published(of))


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """INJECTED, STEADY_RATES, GRID and FINDINGS as the audit makes them."""
    return dict(_made())


@cache
def _made() -> dict[str, tuple[pd.DataFrame, Table]]:
    of = layer()
    cells = [row | {"first": PAIR[0], "second": PAIR[1]}
             for row in grid(of, [of], (published, raced), open_bench, 4, 0.01, 1)]  # fmt: skip
    tuners = {"published": published, "raced published": raced}
    said = list(findings(of, tuners, list(PROBES), open_bench, 1))
    chosen = pd.DataFrame(list(steady(of, NOISE, 4, 1, {})))
    injected, _ = inject([of], NOISE, plan(2, 1), 1, 1)
    return {
        "injected": (injected, schema.INJECTED),
        "injected_split": (SPLIT, schema.INJECTED_SPLIT),
        "steady_split": (MARGINS, schema.STEADY_SPLIT),
        "steady_rates": (rates(chosen, 1), schema.STEADY_RATES),
        "grid": (pd.DataFrame(cells, columns=schema.GRID.names), schema.GRID),
        "findings": (pd.DataFrame(said, columns=schema.FINDINGS.names), schema.FINDINGS),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: strengths, ways of choosing, measured cells, findings."""
    own = summary["audit"]
    return (
        sum(len(kind["strengths"]) for kind in own["injected"]["kinds"].values())
        + len(own["steady"])
        + own["grid"]["measured"]
        + sum(len(one["evidence"]) for one in own["findings"])
    )
