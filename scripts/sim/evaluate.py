"""Predict every measured cell by a model that never saw its layer, and compare.

A fold holds out all cells of a few layers, in every scheme. Trials of the repeat are compared with
the same predictions. Predictions that were stamped on a plan are judged as they stood.
"""

from __future__ import annotations

import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.log import run_main
from scripts.lib.schemas.sim import SIM_CALIBRATION, SIM_CELLS, SIM_HELD_OUT, SIM_RATES
from scripts.lib.tables import write_table
from scripts.lib.teaching import NO_FAMILIES, Families, Teaching, add_teaching, read_families
from scripts.sim import facts as compiler
from scripts.sim.arrays import Array
from scripts.sim.gpu_out import untaught
from scripts.sim.metrics import RATES, by_cell, by_chance
from scripts.sim.options import add_json, command, say
from scripts.sim.picks import pick_score
from scripts.sim.questions import ask
from scripts.sim.recorded import read_measured
from scripts.sim.simulator import analytical_us, time_layer
from scripts.sim.train import train

LOG = logging.getLogger("sim.evaluate")
_FOLDS = 8  # each trains a model, which takes a core a quarter of a minute
_POINTS = 16  # configs of a cell in the calibration table

EXAMPLE = """example:
  python -m scripts.sim.evaluate --trials data/recorded/measured/nvidia_h200-bf16/trials.parquet \\
    --again data/recorded/measured/nvidia_h200-bf16-repeat/trials.parquet \\
    --space results/tables/space/NVIDIA_H200-bf16.parquet --seed 1 --out results/tables
"""


def predict_held_out(
    measured: pd.DataFrame, facts: pd.DataFrame, by: str, seed: int, processes: int
) -> pd.DataFrame:
    """``measured`` with corrected_us and analytical_us from models that never saw the row's fold.

    ``by``: the column whose values are held out, each with all of its rows; of many, several at a
    time. A row with NaN for ``us`` is predicted and not learned
    from. InputError if there is but one fold.
    """
    folds = folds_of(measured[by])
    if len(folds) < 2:
        raise InputError(f"only one {by} was measured ({folds[0][0]}); holding it out leaves none")
    one = partial(_fold, measured, facts, by, seed)
    # What grows trees takes a second to load: here once, not in each process of the pool.
    import sklearn.ensemble  # noqa: F401, PLC0415

    with ProcessPoolExecutor(processes) as pool:
        return pd.concat(pool.map(one, folds)).sort_index()


def predict_taught(
    measured: pd.DataFrame,
    facts: pd.DataFrame,
    teaching: Teaching,
    families: Families,
    seed: int,
    processes: int,
) -> pd.DataFrame:
    """``measured`` as ``predict_held_out`` leaves it, each GPU's rows taught as was chosen.

    A GPU that no other one may teach is predicted by the equations alone, unfitted.
    """
    if teaching is Teaching.GPU_OUT:
        names = sorted(set(measured["device"]))
        return pd.concat(_other_gpus(measured, facts, seed, name) for name in names).sort_index()
    rows = measured.assign(family=measured["layer"].map(families.of))
    by = "layer" if teaching is Teaching.LAYER_OUT else "family"
    parts = [predict_held_out(own, facts, by, seed, processes) for _, own in rows.groupby("device")]
    return pd.concat(parts).sort_index().drop(columns="family")


def _other_gpus(
    measured: pd.DataFrame, facts: pd.DataFrame, seed: int, device: str
) -> pd.DataFrame:
    if measured["device"].nunique() > 1:
        return _fold(measured, facts, "device", seed, [device])
    asked = ask(measured["cell_id"], measured["config_id"], facts)
    plain = analytical_us(time_layer(asked, untaught(find_device(device))))
    return measured.assign(analytical_us=plain, corrected_us=plain)


def folds_of(names: pd.Series) -> list[list[str]]:
    """At most ``_FOLDS`` groups of the names, about equally common, the same for the same rows."""
    found: list[list[str]] = []
    sizes: list[int] = []
    counts = names.value_counts()
    for name in sorted(counts.index, key=lambda one: (-counts[one], one)):
        if len(found) < _FOLDS:
            found, sizes = [*found, []], [*sizes, 0]
        least = min(range(len(found)), key=lambda fold: (sizes[fold], fold))
        found[least].append(name)
        sizes[least] += int(counts[name])
    return found


def _fold(
    measured: pd.DataFrame, facts: pd.DataFrame, by: str, seed: int, held: list[str]
) -> pd.DataFrame:
    out = measured[by].isin(held)
    known = measured[~out & measured["us"].notna()]
    simulator = train(known.reset_index(drop=True), facts, seed, "held-out")
    tested = measured[out]
    asked = ask(tested["cell_id"], tested["config_id"], facts)
    parts = time_layer(asked, simulator.parameters)
    plain = analytical_us(parts)
    corrected = plain * simulator.correction(asked, parts)
    return tested.assign(analytical_us=plain, corrected_us=corrected)


def cells_of(
    predicted: pd.DataFrame, measured: pd.DataFrame, dataset: str, held_out: str
) -> pd.DataFrame:
    """SIM_CELLS rows: the trials of ``measured`` in the order of the predictions, and by chance."""
    key = ["cell_id", "config_id"]
    columns = [name for name in (*key, "corrected_us", "analytical_us") if name in predicted]
    both = measured.merge(predicted[columns], on=key, validate="one_to_one")
    orders = {
        name: by_cell(both, score).assign(error=_error(both, name.split("_")[0]))
        for name, score in _scores(both).items()
    }
    orders["chance"] = by_chance(both).assign(error=np.nan)
    rows = pd.concat([frame.assign(model=name) for name, frame in orders.items()])
    names = both.drop_duplicates("cell_id")[["cell_id", "device", "scheme", "tokens"]]
    rows = rows.merge(names, on="cell_id").assign(dataset=dataset, held_out=held_out)
    # Ten digits: a mean's last ones depend on the order of the sum.
    return rows[SIM_CELLS.names].round(10)


def _scores(both: pd.DataFrame) -> dict[str, Array]:
    """By what each model orders; corrected is what ``graphx-sim rank`` names."""
    corrected = both["corrected_us"].to_numpy()
    scores = {
        "corrected": pick_score(both["cell_id"], both["config_id"], corrected),
        "corrected_plain": corrected,
    }
    if "analytical_us" in both:
        scores["analytical"] = both["analytical_us"].to_numpy()
    return scores


def held_out_of(predicted: pd.DataFrame, teaching: Teaching = Teaching.LAYER_OUT) -> pd.DataFrame:
    """SIM_HELD_OUT rows: ten digits of each prediction, and the order of ``graphx-sim rank``."""
    us = predicted["corrected_us"].to_numpy()
    score = pick_score(predicted["cell_id"], predicted["config_id"], us)
    ordered = predicted.assign(score=score).sort_values(["cell_id", "score", "config_id"])
    place = ordered.groupby("cell_id").cumcount() + 1
    digits = [float(f"{value:.10g}") for value in us]
    rows = predicted.assign(predicted_us=digits, place=place, teaching=str(teaching))
    return rows[SIM_HELD_OUT.names].sort_values(["cell_id", "config_id"], ignore_index=True)


def stamped_cells(measured: pd.DataFrame) -> pd.DataFrame:
    """SIM_CELLS rows of the trials whose prediction stood on the plan before they were measured."""
    stamped = measured[measured["stamped_us"].notna()].drop(columns="best_us")
    predicted = stamped.rename(columns={"stamped_us": "corrected_us"})
    return cells_of(predicted, stamped, "learned_from", "stamped")


def _error(both: pd.DataFrame, model: str) -> Array:
    """Median over a cell's configs of |log(predicted / measured)|, cells in sorted order."""
    missed = pd.Series(np.abs(np.log((both[f"{model}_us"] / both["us"]).to_numpy())))
    return missed.groupby(both["cell_id"]).median().to_numpy()


def rates_of(cells: pd.DataFrame) -> pd.DataFrame:
    """SIM_RATES rows: each quantity over a GPU's cells of a scheme, and of all of them."""
    key = ["dataset", "held_out", "model", "device", "scheme"]
    both = pd.concat([cells, cells.assign(scheme="all")])
    parts = []
    for quantity in ("spearman", *RATES, "error"):
        values = both.groupby(key)[quantity]
        found = values.agg(cells="size", median="median", mean="mean").join(
            pd.DataFrame({"p5": values.quantile(0.05), "p95": values.quantile(0.95)})
        )
        within = (both[quantity] <= NEAR).groupby([both[name] for name in key]).mean()
        found["within"] = within if quantity in RATES else np.nan
        parts.append(found.assign(quantity=quantity).reset_index())
    rates = pd.concat(parts).sort_values([*key, "quantity"], ignore_index=True)
    return pd.DataFrame(rates[SIM_RATES.names].round(10))


def calibration_of(predicted: pd.DataFrame) -> pd.DataFrame:
    """SIM_CALIBRATION rows: a few configs of each cell, evenly spaced by measured rank."""
    ordered = predicted.sort_values(["cell_id", "us", "config_id"])
    place = ordered.groupby("cell_id").cumcount()
    size = ordered.groupby("cell_id")["us"].transform("size")
    step = (place * (_POINTS - 1)) // (size - 1).clip(lower=1)
    first = ~step.groupby(ordered["cell_id"]).diff().eq(0)
    points = ordered[first].rename(columns={"us": "measured_us", "corrected_us": "predicted_us"})
    return pd.DataFrame(points[SIM_CALIBRATION.names].round(6)).reset_index(drop=True)


def evaluate(
    trials: list[Path],
    again: list[Path],
    spaces: list[Path],
    teaching: Teaching,
    families: Families,
    seed: int,
    processes: int,
    out: Path,
) -> pd.DataFrame:
    """Write sim_cells, sim_rates, sim_calibration and sim_held_out into ``out``; the rates."""
    facts = compiler.read_facts(spaces)
    repeat = read_measured(again) if again else None
    tried = predict_taught(
        read_measured(trials, failed=True), facts, teaching, families, seed, processes
    )
    held_out = teaching.removesuffix("_out")
    write_table(out / "sim_held_out.parquet", held_out_of(tried, teaching), SIM_HELD_OUT)
    predicted = tried[tried["us"].notna()]
    measured = predicted.drop(columns=["corrected_us", "analytical_us"])
    write_table(out / "sim_calibration.parquet", calibration_of(predicted), SIM_CALIBRATION)
    parts = [cells_of(predicted, measured, "learned_from", held_out)]
    if measured["stamped_us"].notna().any():
        parts.append(stamped_cells(measured))
    if repeat is not None:
        parts.append(cells_of(predicted, repeat, "repeat", held_out))
    cells = pd.concat(parts, ignore_index=True)
    rates = rates_of(cells)
    write_table(out / "sim_cells.parquet", cells, SIM_CELLS)
    write_table(out / "sim_rates.parquet", rates, SIM_RATES)
    for one in top8_of(rates):
        index = one["model"], one["held_out"], one["scheme"]
        share = 100 * one["within"]
        LOG.info("%s: top-8 regret at most %s on %.1f%% of its cells", index, NEAR, share)
    return rates


def top8_of(rates: pd.DataFrame) -> list[dict[str, Any]]:
    """The share of cells whose first eight hold one near the fastest, by model and formats."""
    rows = rates[(rates["quantity"] == "regret_8") & (rates["dataset"] == "learned_from")]
    found = rows[["model", "held_out", "device", "scheme", "cells", "within"]].to_dict("records")
    return [{str(key): value for key, value in one.items()} for one in found]


def main(argv: list[str] | None = None) -> int:
    """Parse, evaluate, write."""
    parser = command("evaluate", __doc__, EXAMPLE)
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--again", type=Path, nargs="*", default=[], help="repeats of some cells")
    parser.add_argument("--space", type=Path, nargs="*", default=[], help="SPACE tables: facts")
    add_teaching(parser)
    parser.add_argument("--seed", type=int, required=True, help="of sampling and training")
    parser.add_argument("--processes", type=int, default=2, help="folds at a time (default: 2)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the tables into")
    add_json(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        if args.teaching is Teaching.FAMILY_OUT and not args.shapes:
            raise InputError("--teaching family_out: needs --shapes, the corpus's SHAPES table")
        families = read_families(args.shapes) if args.shapes else NO_FAMILIES
        rates = evaluate(
            args.trials, args.again, args.space, args.teaching, families, args.seed,
            args.processes, args.out,
        )  # fmt: skip
        say(args, {"out": args.out.as_posix(), "top_8_near_best": top8_of(rates)})

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
