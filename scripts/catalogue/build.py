"""The catalogue: public models on GPUs, with what is shipped, or what would be written for them.

Every model of the table in the number formats that it is stored in, at each degree of tensor
parallelism that divides it, on each of the GPUs, for both runtimes: the rows are those that
``graphx config`` writes, by the same code.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.catalogue.answer import Answer, answered, mean_of, ready, shipped_ends, with_worth
from scripts.catalogue.asked import layers
from scripts.catalogue.known import Known
from scripts.catalogue.options import add_known, where
from scripts.catalogue.rows import DEFAULT, MEASURED, Row
from scripts.lib import command_line
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.runtimes.runtime import RUNTIMES, TRITON
from scripts.lib.schemas.catalogue import CATALOGUE, CATALOGUE_ROWS
from scripts.lib.schemas.openings import TRANSFERRED
from scripts.lib.tables import write_table
from scripts.tune.layer import Asked
from scripts.tune.models import find_model, plain_models

LOG = logging.getLogger("catalogue.build")
SHIPPED = "shipped"
# What is said of a file that is no prediction: graphx tuned it, or another runtime ships it.
FINALS, NOT_JUDGED = "finals on that GPU", "not judged"
EXAMPLE = """example:
  python -m scripts.catalogue.build --gpus NVIDIA_H100_80GB_HBM3 AMD_Instinct_MI300X \\
    --degrees 1 2 4 8 --out results/tables/catalogue/catalogue.parquet \\
    --out-rows results/tables/catalogue/catalogue_rows.parquet
"""


def wanted(gpus: Sequence[str], degrees: Sequence[int]) -> Iterator[Asked]:
    """Every model that a runtime serves from a file, on each GPU. InputError for an unknown GPU."""
    for gpu in gpus:
        device = find_device(gpu).name
        for name, entry in plain_models().items():
            for scheme in sorted(set(entry["hub"].values())):
                layer, _ = find_model(name, scheme)
                for degree in degrees:
                    if layer.intermediate % degree == 0:
                        yield Asked(device, name, None, None, degree, 1, scheme)


def answers(known: Known, asked: Sequence[Asked], triton: str) -> list[tuple[Asked, Answer]]:
    """What there is for each, and for each layer that a runtime looks up another of.

    What no runtime reads or loads, and what no space was recorded for, is left out.
    """
    found: list[tuple[Asked, Answer]] = []
    left: Counter[str] = Counter()
    for one in asked:
        try:
            every = layers(one, list(RUNTIMES))
        except InputError:
            left["no runtime reads or loads it"] += 1
            continue
        for layer in every:
            if known.has_space(one.device, layer.wanted.shape.scheme):
                found.append((one, ready(layer, triton)))
            else:
                left["no recorded space, or nothing legal in it"] += 1
    for why, count in left.items():
        LOG.info("%d left out: %s", count, why)
    open_ones = [answer for _, answer in found if answer.status == "none"]
    done = iter(answered(open_ones, known))
    whole = [next(done) if answer.status == "none" else answer for _, answer in found]
    return list(zip((one for one, _ in found), with_worth(whole, known), strict=True))


def tables(found: Sequence[tuple[Asked, Answer]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CATALOGUE and CATALOGUE_ROWS, sorted."""
    entries: list[dict[str, Any]] = []
    rows: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    for asked, answer in found:
        for runtime in answer.layer.runtimes:
            entries.append(_entry(asked, answer, runtime))
            for row in _rows(answer, runtime):
                rows[row["device"], row["shape_id"], row["runtime"], row["tokens"]] = row
    ordered = pd.DataFrame(entries, columns=CATALOGUE.names)
    key = ["model", "scheme", "tensor_parallel", "expert_parallel", "device", "runtime"]
    return (
        ordered.sort_values(key, ignore_index=True),
        pd.DataFrame([rows[name] for name in sorted(rows)], columns=CATALOGUE_ROWS.names),
    )


def _entry(asked: Asked, answer: Answer, runtime: str) -> dict[str, Any]:
    wanted, shipped = answer.layer.wanted, answer.shipped.get(runtime)
    rows = _file_rows(answer, runtime)
    ends = shipped_ends(rows) if answer.status == SHIPPED else answer.interval
    return {
        "model": asked.model,
        "scheme": wanted.shape.scheme,
        "tensor_parallel": asked.tensor_parallel,
        "expert_parallel": asked.expert_parallel,
        "device": wanted.device,
        "runtime": runtime,
        "shape_id": wanted.shape.id,
        "file": RUNTIMES[runtime].file_name(wanted.shape, wanted.device),
        "status": _status(answer, runtime),
        "batches": len(rows),
        "kept": 0 if shipped else sum(row.source == DEFAULT for row in rows),
        "ratio": mean_of([row.ratio for row in rows]),
        "low": ends and ends[0],
        "high": ends and ends[1],
        "confidence": _confidence(answer, rows),
    }


def _status(answer: Answer, runtime: str) -> str:
    """Of the runtime's own file; another runtime's, written for it, is transferred."""
    if runtime in answer.shipped:
        return SHIPPED
    return TRANSFERRED if answer.status == SHIPPED else answer.status


def _file_rows(answer: Answer, runtime: str) -> Sequence[Row]:
    """Of the runtime's own file, else those that are written."""
    return answer.worth.get(runtime, answer.rows)


def _confidence(answer: Answer, rows: Sequence[Row]) -> str:
    if all(row.source == MEASURED for row in rows):
        return MEASURED
    return FINALS if answer.status == "tuned" else rows[0].confidence or NOT_JUDGED


def _rows(answer: Answer, runtime: str) -> Iterator[dict[str, Any]]:
    wanted, shipped = answer.layer.wanted, answer.shipped.get(runtime)
    about = {"device": wanted.device, "shape_id": wanted.shape.id}
    for row in _file_rows(answer, runtime):
        yield about | {
            "runtime": runtime if shipped else "",
            "tokens": row.tokens,
            "config_id": row.config.id,
            "source": row.source,
            "ratio": row.ratio,
            "low": row.low,
            "high": row.high,
        }


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--gpus", nargs="+", required=True, help="GPUs, named as in config files")
    add("--degrees", type=int, nargs="+", required=True, help="of tensor parallelism")
    add("--triton", default=TRITON, help=f"version that will run them (default: {TRITON})")
    add("--out", type=Path, required=True, help="CATALOGUE table to write")
    add("--out-rows", type=Path, required=True, help="CATALOGUE_ROWS table to write")
    add_known(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read, answer, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        known = Known(where(args))
        found = answers(known, list(wanted(args.gpus, args.degrees)), args.triton)
        entries, rows = tables(found)
        if entries.empty:
            raise InputError("--gpus: no model has a recorded space on any of them")
        write_table(args.out, entries, CATALOGUE)
        write_table(args.out_rows, rows, CATALOGUE_ROWS)
        LOG.info("%d entries, %d rows", len(entries), len(rows))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
