"""What tuning takes here and by the published method: one config file, and recorded layers.

This side ran whole. The other (scripts.statistics.published_cost) is summed from the recorded
latencies of the same layer, and its compiling was sampled in line on the same GPU in the same
session; intervals resample these configs and, apart, whole batch sizes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main
from scripts.lib.schemas.cost import COST, COST_CELLS, COST_RECORDINGS, COST_TRAINING
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.recorded import COVERAGE, RECORDED
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import parse_shape
from scripts.lib.tables import Table, read_table, write_table
from scripts.statistics import options, published_cost, tuned
from scripts.statistics.bootstrap import Plan, round_10
from scripts.statistics.dataset import read_datasets
from scripts.statistics.file_cost import file_cost
from scripts.statistics.recording_cost import recording_costs
from scripts.statistics.training_cost import predictor, read_runs, training

Body = Mapping[str, Any]
EXAMPLE = """
  python -m scripts.statistics.cost --costs data/recorded/cost/nvidia_h200.json \\
    --trials data/recorded/measured/nvidia_h200-bf16/trials.parquet \\
    --runs data/recorded/measured/nvidia_h200-*/runs.json \\
    --models data/recorded/measured/nvidia_h200-corpus/model.json.xz \\
    --recorded results/tables/statistics/recorded.parquet \\
    --coverage results/tables/statistics/coverage.parquet \\
    --space results/tables/space/NVIDIA_H200-bf16.parquet --out cost.parquet \\
    --out-cells cost_cells.parquet --out-recordings cost_recordings.parquet \\
    --out-training cost_training.parquet"""


@dataclass(frozen=True)
class Evidence:
    """What was recorded: TRIALS with their dataset, RECORDED, COVERAGE, SPACE, runs, models."""

    trials: pd.DataFrame
    recorded: pd.DataFrame
    coverage: pd.DataFrame
    space: pd.DataFrame
    runs: Mapping[str, Body]
    models: Sequence[Path] = ()


def chosen(cells: pd.DataFrame, costs: Sequence[Body], evidence: Evidence) -> pd.DataFrame:
    """COST_CELLS with what the timed tunings chose and its regret, of a cell's first recording."""
    choices = {cell: one for body in costs for cell, one in body["graphx"]["chosen"].items()}
    regrets = tuned.regrets(evidence.trials, evidence.recorded)
    ids = cells["cell_id"].map(choices).astype(object).mask(cells["cell_id"].duplicated())
    ids = ids.where(ids.notna(), None)
    pairs = zip(cells["cell_id"], ids, strict=True)
    found = pd.Series([regrets.get(pair) for pair in pairs], index=cells.index, dtype=float)
    return cells.assign(chosen_id=ids, regret=found)


def tables(costs: Sequence[Body], evidence: Evidence, plan: Plan) -> list[pd.DataFrame]:
    """COST, COST_CELLS, COST_RECORDINGS and COST_TRAINING. KeyError on a missing field."""
    wanted = {(body["gpu"]["device"], parse_shape(body["shape"]).scheme) for body in costs}
    cells = published_cost.method_cells(evidence.trials, evidence.recorded, evidence.space, wanted)
    cells = chosen(cells, costs, evidence)
    taught = [_training(body, evidence) for body in costs]
    files = [
        file_cost(body, cells, evidence.trials, one, plan)
        for body, one in zip(costs, taught, strict=True)
    ]
    layers = recording_costs(cells, costs, evidence.recorded, evidence.runs, plan)
    return [
        _joined(COST, files),
        _joined(COST_CELLS, [cells]),
        _joined(COST_RECORDINGS, [layers]),
        _joined(COST_TRAINING, taught),
    ]


def _training(measured: Body, evidence: Evidence) -> pd.DataFrame:
    here = evidence.coverage["device"] == measured["gpu"]["device"]
    files = evidence.coverage.loc[here, "file"].nunique()
    model = predictor(measured, evidence.models, evidence.runs)
    return training(measured, model, evidence.runs, evidence.recorded, files)


def _joined(schema: Table, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of several, as the schema has it: floats at 10 digits."""
    rows = [row for part in parts for row in part[schema.names].to_dict("records")]
    frame = pd.DataFrame(rows, columns=schema.names)
    for column in schema.columns:
        if str(column.type) == "double":
            frame[column.name] = frame[column.name].astype(float).map(round_10)
        elif column.nullable and str(column.type) == "int32":
            frame[column.name] = frame[column.name].astype("Int32")
    return frame


def read_evidence(arguments: argparse.Namespace) -> Evidence:
    """The files of the command line."""
    return Evidence(
        trials=read_datasets(arguments.trials, TRIALS, tuned.COLUMNS),
        recorded=read_table(arguments.recorded, RECORDED),
        coverage=read_table(arguments.coverage, COVERAGE, ["device", "file"]),
        space=pd.concat([read_table(path, SPACE) for path in arguments.space], ignore_index=True),
        runs=read_runs(arguments.runs),
        models=arguments.models,
    )


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(__doc__, EXAMPLE)
    many = {
        "costs": "recorded costs, a file for each GPU; none: the tables are empty",
        "trials": "TRIALS of the datasets",
        "runs": "runs.json of the datasets",
        "models": "models recorded with datasets",
        "space": "SPACE tables",
    }
    for name, text in many.items():
        nargs = "*" if name in ("costs", "models") else "+"
        parser.add_argument(f"--{name}", type=Path, nargs=nargs, required=True, help=text)
    parser.add_argument("--recorded", type=Path, required=True, help="RECORDED table")
    parser.add_argument("--coverage", type=Path, required=True, help="COVERAGE table")
    for name in ("", "-cells", "-recordings", "-training"):
        schema = "COST" + name.upper().replace("-", "_")
        parser.add_argument(f"--out{name}", type=Path, required=True, help=f"{schema} to write")
    options.add_plan(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read what was timed and recorded, sum, write."""
    arguments = _parser().parse_args(argv)
    out = (arguments.out, arguments.out_cells, arguments.out_recordings, arguments.out_training)
    schemas = (COST, COST_CELLS, COST_RECORDINGS, COST_TRAINING)

    def body() -> None:
        costs = [read_json(path) for path in arguments.costs]
        evidence, plan = read_evidence(arguments), options.plan(arguments)
        try:
            made = tables(costs, evidence, plan)
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{' '.join(map(str, arguments.costs))}: lacks {error}; measure it again with"
                " scripts.measure.tuning_cost"
            ) from error
        for path, frame, schema in zip(out, made, schemas, strict=True):
            write_table(path, frame, schema)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
