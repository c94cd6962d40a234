"""A synthetic study with known latencies: the tables that the phases before would have written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.schemas.measured import CELLS, COMPILES, FINALS, TRIALS
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.transfer import REPLAY
from scripts.lib.tables import write_table

DEVICE = "NVIDIA_H200"
SOURCES = ("NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X")
SHAPES = ((8, 3584, 4096, 2), (8, 1792, 4096, 2), (128, 768, 2048, 8), (128, 384, 2048, 8))
TOKENS = (1, 16, 128, 1024)
BUDGETS = (1, 2, 4, 8, 16, 32, 64, 128)
CONFIGS = [
    f"M{m}-N{n}-K{k}-G{g}-W{w}-S{s}"
    for m in (16, 64, 128)
    for n in (64, 128)
    for k in (64, 128)
    for g in (1, 32)
    for w in (4, 8)
    for s in (2, 4)
]
DEFAULT = CONFIGS[1]
RUN = "run-1"


@dataclass(frozen=True)
class Study:
    """All tables of a synthetic study, and the true latencies behind them."""

    trials: pd.DataFrame
    finals: pd.DataFrame
    cells: pd.DataFrame
    compiles: pd.DataFrame
    space: pd.DataFrame
    replay: pd.DataFrame
    truth: dict[tuple[str, str], float]

    def write(self, folder: Path) -> dict[str, Path]:
        """Write every table as Parquet; paths by name."""
        tables = {
            "trials": TRIALS,
            "finals": FINALS,
            "cells": CELLS,
            "compiles": COMPILES,
            "space": SPACE,
            "replay": REPLAY,
        }
        paths = {name: folder / f"{name}.parquet" for name in tables}
        for name, table in tables.items():
            write_table(paths[name], getattr(self, name), table)
        return paths


def build(
    seed: int = 3,
    shapes: tuple[tuple[int, int, int, int], ...] = SHAPES,
    tokens: tuple[int, ...] = TOKENS,
    seeds: int = 3,
    rounds: int = 21,
    device: str = DEVICE,
) -> Study:
    """Draw a study: every config of a small space on every cell, some of which fail."""
    rng = np.random.default_rng(seed)
    names = [
        (f"{device}/E{e}-N{n}-K{k}-top{t}-bf16/M{m}", (e, n, k, t, m))
        for e, n, k, t in shapes
        for m in tokens
    ]
    cells, trials, finals, replay = [], [], [], []
    truth: dict[tuple[str, str], float] = {}
    for cell_id, dims in names:
        floor = 20.0 + 3e-7 * dims[0] * dims[1] * dims[2] + 0.05 * dims[4]
        factor = 1.2 + rng.gamma(2.0, 0.15, size=len(CONFIGS))
        level = dict(zip(CONFIGS, floor * factor, strict=True))
        ranked = sorted(level, key=lambda c: level[c])
        failing = set(ranked[-3:])
        committed = ranked[rng.integers(0, 8)]
        truth |= {(cell_id, c): level[c] for c in CONFIGS if c not in failing}
        trials += _trials(cell_id, level, failing, committed, rng)
        finals += _finals(cell_id, [committed, *ranked[:4], committed], level, rounds, rng)
        cells.append(_cell(cell_id, dims, floor, committed, rng) | {"device": device})
        copies = {source: ranked[rng.integers(0, 20)] for source in SOURCES}
        replay += _replay(cell_id, level, failing, committed, copies, seeds, rng)
    return Study(
        _frame(trials, TRIALS.names),
        _frame(finals, FINALS.names),
        _frame(cells, CELLS.names),
        _compiles(rng),
        _space(device),
        _frame(replay, REPLAY.names),
        truth,
    )


def _frame(rows: list[dict[str, object]], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=names)


def _trials(cell_id, level, failing, committed, rng):
    order = rng.permutation(len(CONFIGS))
    for position, index in enumerate(order):
        config = CONFIGS[index]
        drift = 1 + 0.02 * position / len(order)
        row = {
            "cell_id": cell_id,
            "config_id": config,
            "run_id": RUN,
            "order": position,
            "samples": 0,
            "gpu_seconds": 0.02,
            "spec_hash": "feed",
            "outcome": "runtime_error",
            "reason": "launch failed",
        }
        if config not in failing:
            median = level[config] * drift * rng.normal(1, 0.002)
            row |= {
                "outcome": "correct",
                "reason": None,
                "stopped_by": "precision",
                "samples": 30,
                "median_us": median,
                "p95_us": median * 1.02,
                "low_us": median * 0.997,
                "high_us": median * 1.003,
                "anchor_us": level[committed] * drift,
                "logits_diff": 10 ** rng.uniform(-6, -4),
                "relative_error": 10 ** rng.uniform(-4, -3),
                "registers_up": 128,
                "registers_down": 96,
                "spills_up": 0,
                "spills_down": 0,
            }
        yield row


def _finals(cell_id, slots, level, rounds, rng):
    for number in range(rounds):
        state = rng.normal(1, 0.02)
        for slot, config in enumerate(slots):
            us = level[config] * state * rng.normal(1, 0.004)
            yield {
                "cell_id": cell_id,
                "config_id": config,
                "run_id": RUN,
                "slot": slot,
                "round": number,
                "us": us,
            }


def _cell(cell_id, dims, floor, committed, rng):
    experts, intermediate, hidden, top_k, tokens = dims
    return {
        "cell_id": cell_id,
        "device": DEVICE,
        "E": experts,
        "N": intermediate,
        "K": hidden,
        "top_k": top_k,
        "scheme": "bf16",
        "tokens": tokens,
        "scope": "two_gemm",
        "routing": "uniform",
        "weights": "cold",
        "backend": "gpu",
        "run_time": "",
        "draws": 8,
        "passes": 8,
        "weight_sets": 2,
        "seed": 1,
        "bytes": 1e8,
        "flops": 1e9,
        "roofline_us": floor,
        "committed_id": committed,
        "anchor_id": committed,
        "drift": float(rng.uniform(0.001, 0.01)),
        "throttled": False,
        "marks": "",
        "sm_clock_mhz": 1980,
        "temperature_c": 45,
        "power_w": 400.0,
        "gpu_seconds": 3.5,
        "run_id": RUN,
        "spec_hash": "feed",
        "protocol_hash": "feed",
        "kernel_hash": "feed",
    }


def _replay(cell_id, level, failing, committed, copies, seeds, rng):
    ranked = sorted(CONFIGS)
    searches = [("committed", None, 0, [committed]), ("default", None, 0, [DEFAULT])]
    searches += [("exhaustive", None, 0, ranked)]
    searches += [("random", None, s, list(rng.permutation(ranked))) for s in range(seeds)]
    for source, config in copies.items():
        start = ranked.index(config)
        near = sorted(ranked, key=lambda c: abs(ranked.index(c) - start))
        searches += [("S1", source, 0, [config]), ("S2", source, 0, near)]
    for strategy, source, seed, sequence in searches:
        for budget in BUDGETS:
            # An exhaustive search is not cut by the budget.
            tried = sequence if strategy == "exhaustive" else sequence[:budget]
            good = [c for c in tried if c not in failing]
            yield {
                "cell_id": cell_id,
                "strategy": strategy,
                "source": source,
                "seed": seed,
                "K": budget,
                "trials": len(tried),
                "gpu_seconds": 0.02 * len(tried),
                "choice": min(good, key=lambda c: level[c]) if good else None,
            }


def _compiles(rng) -> pd.DataFrame:
    rows = [
        {
            "run_id": RUN,
            "binary_id": f"{config}/{part}",
            "outcome": "correct",
            "reason": None,
            "seconds": float(rng.uniform(0.4, 0.9)),
            "shared_bytes": 65536,
        }
        for config in CONFIGS
        for part in ("up", "down")
    ]
    return _frame(rows, COMPILES.names)


def _space(device: str) -> pd.DataFrame:
    rows = [
        {
            "device": device,
            "scheme": "bf16",
            "config_id": config,
            "legal": True,
            "least_shared_bytes": 65536,
        }
        for config in CONFIGS
    ]
    rows += [
        {
            "device": device,
            "scheme": "bf16",
            "config_id": "M256-N256-K256-G1-W4-S5",
            "legal": False,
            "stage": "prefilter",
            "reason": "shared_memory",
            "least_shared_bytes": 1310720,
        }
    ]
    return pd.DataFrame(rows).reindex(columns=SPACE.names)
