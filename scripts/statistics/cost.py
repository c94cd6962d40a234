"""What tuning one config file takes here and by the published method, with the sampling's interval.

This side ran whole. The other was sampled, config by config on a few batch sizes, and scaled to
the published space at all of them; the interval resamples configs and, apart, whole batch sizes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main
from scripts.lib.schemas.recorded import COST, CostOf
from scripts.lib.tables import write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Plan, estimate_means, round_10

Body = Mapping[str, Any]
TOTAL = "total"
RATIOS = {CostOf.UPSTREAM: CostOf.RATIO, CostOf.UPSTREAM_CACHED: CostOf.RATIO_CACHED}
COSTS = "data/recorded/cost/nvidia_h200.json"
EXAMPLE = f"python -m scripts.statistics.cost --costs {COSTS} --out cost.parquet"


def cost(measured: Body, plan: Plan) -> pd.DataFrame:
    """Steps and totals of both sides, and their ratios; schema COST.

    ``measured``: as scripts.measure.tuning_cost writes it. KeyError on a missing field.
    """
    ours, theirs, batches = measured["graphx"], measured["upstream"], measured["batches"]
    about = {"device": measured["gpu"]["device"], "shape_id": measured["shape"], "batches": batches}
    ran = about | {"what": CostOf.GRAPHX, "configs": ours["budget"]}
    rows = [ran | {"part": name, "value": value} for name, value in ours["steps"].items()]
    rows.append(ran | {"part": TOTAL, "value": ours["seconds"]})
    for scaled in _scaled(theirs, batches, plan):
        rows.append(about | scaled)
        if scaled["part"] == TOTAL:
            ends = {name: scaled[name] / ours["seconds"] for name in ("value", "low", "high")}
            rows.append(about | scaled | ends | {"what": RATIOS[scaled["what"]]})
    frame = pd.DataFrame(rows).reindex(columns=COST.names).astype({"samples": "Int32"})
    names = ["value", "low", "high"]
    return frame.assign(**{name: frame[name].astype(float).map(round_10) for name in names})


def _scaled(theirs: Body, batches: int, plan: Plan) -> list[dict[str, Any]]:
    """The published method's seconds for a whole file, each with its interval."""
    samples = pd.DataFrame(theirs["samples"])
    compiling, timing = samples["compile_seconds"], samples["timing_seconds"]
    cold, space = compiling + timing, theirs["space"]
    columns = {
        (CostOf.UPSTREAM, "compile"): compiling * batches,
        (CostOf.UPSTREAM, "timing"): timing * batches,
        (CostOf.UPSTREAM, TOTAL): cold * batches,
        (CostOf.UPSTREAM_CACHED, TOTAL): cold + samples["cached_seconds"] * (batches - 1),
    }
    values = space * np.column_stack(list(columns.values())).astype(float)
    found = estimate_means(values, samples["cell_id"], plan, "upstream cost")
    return [
        {"what": what, "part": part, "configs": space, "samples": len(samples)}
        | {"value": row["mean"], "low": row["low"], "high": row["high"]}
        for (what, part), row in zip(columns, found.to_dict("records"), strict=True)
    ]


def read_cost(path: Path, plan: Plan) -> pd.DataFrame:
    """The table of one recorded cost; InputError names the missing field."""
    try:
        return cost(read_json(path), plan)
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{path}: lacks {error}; measure it again with scripts.measure.tuning_cost"
        ) from error


def main(argv: list[str] | None = None) -> int:
    """Read the recorded costs, scale, write."""
    parser = options.parser(__doc__, EXAMPLE)
    text = "recorded costs, a file for each GPU; none: the table is empty"
    parser.add_argument("--costs", type=Path, nargs="*", required=True, help=text)
    parser.add_argument("--out", type=Path, required=True, help="table of costs")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(arguments)
        parts = [read_cost(path, plan) for path in arguments.costs]
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COST.names)
        write_table(arguments.out, table, COST)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
