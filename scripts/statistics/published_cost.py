"""What the published method takes on layers that are recorded: one estimator for all of them.

Timing is summed: every legal config's own recorded latency times the method's calls. Compiling is
the mean of what was sampled in line, for every config: one that the GPU cannot launch fails when
it is loaded, after it has been compiled. Finding a binary again in the compiler's cache, launching,
and all that stands around the calls are charged nothing, which flatters the method.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.outcome import Outcome
from scripts.lib.published_method import REPLAYED
from scripts.lib.schemas.cost import CostOf, Part
from scripts.lib.shape import BATCH_LADDER
from scripts.statistics.bootstrap import Plan, estimate_means

KEYS = ["dataset", "cell_id"]
SPACE = ["device", "scheme"]
TRIAL_COLUMNS = ["cell_id", "config_id", "outcome", "median_us", "anchor_us"]


@dataclass(frozen=True)
class Work:
    """What is to be tuned: cells in so many config files, and the configs tried on each cell.

    ``timing_seconds``: of all legal configs on all cells.
    """

    files: int
    cells: int
    legal: int
    illegal: int
    timing_seconds: float


def method_cells(
    trials: pd.DataFrame,
    recorded: pd.DataFrame,
    space: pd.DataFrame,
    wanted: Collection[tuple[str, str]],
) -> pd.DataFrame:
    """COST_CELLS without what was chosen.

    ``trials``: TRIAL_COLUMNS and the dataset; ``recorded``: RECORDED; ``space``: SPACE; ``wanted``:
    (GPU, scheme) pairs.
    """
    whole = _whole_layers(recorded, wanted)
    sizes = space.groupby(SPACE)["legal"].agg(configs="size", legal="sum").reset_index()
    legal = space.loc[space["legal"], [*SPACE, "config_id"]]
    ran = trials[trials["outcome"] == Outcome.CORRECT].merge(whole[[*KEYS, *SPACE]], on=KEYS)
    summed = ran.merge(legal, on=[*SPACE, "config_id"]).groupby(KEYS)["median_us"]
    sums = summed.agg(timed="size", latency_us="sum").reset_index()
    found = whole.merge(sizes, on=SPACE).merge(sums, on=KEYS)
    found["timing_seconds"] = found["latency_us"] * 1e-6 * REPLAYED
    return found.sort_values([*KEYS[:1], "shape_id", "tokens"], ignore_index=True)


def _whole_layers(recorded: pd.DataFrame, wanted: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Cells of the ladder of layers that a dataset holds whole."""
    pairs = pd.MultiIndex.from_frame(recorded[SPACE]).isin(list(wanted))
    complete = recorded["complete"].fillna(False).astype(bool)
    rows = recorded[pairs & complete & recorded["tokens"].isin(BATCH_LADDER)]
    batches = rows.groupby(["dataset", "device", "shape_id"])["tokens"].transform("nunique")
    return rows.loc[batches == len(BATCH_LADDER), [*KEYS, *SPACE, "shape_id", "tokens"]]


def work_of(cells: pd.DataFrame) -> Work:
    """The work of COST_CELLS rows of one space, a config file for each layer."""
    one = cells.iloc[0]
    return Work(
        files=int(cells["shape_id"].nunique()),
        cells=len(cells),
        legal=int(one["legal"]),
        illegal=int(one["configs"] - one["legal"]),
        timing_seconds=float(cells["timing_seconds"].sum()),
    )


def published(work: Work, samples: pd.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    """Seconds of each part, with a compiler's cache and without, as COST has them.

    ``samples``: compile_seconds, in line, and the cell_id of each. Compiling and timing take turns
    on one core.
    """
    one = samples["compile_seconds"].to_numpy(dtype=np.float64)
    timing = np.full_like(one, work.timing_seconds)
    columns: dict[tuple[CostOf, Part], Any] = {}
    for what, times in ((CostOf.UPSTREAM, work.files), (CostOf.UPSTREAM_COLD, work.cells)):
        legal, illegal = (one * configs * times for configs in (work.legal, work.illegal))
        columns[what, Part.COMPILE] = legal
        columns[what, Part.COMPILE_ILLEGAL] = illegal
        columns[what, Part.TIMING] = timing
        columns[what, Part.TOTAL] = legal + illegal + timing
    found = estimate_means(
        np.column_stack(list(columns.values())), samples["cell_id"], plan, "upstream cost"
    )
    rows = zip(columns, found.to_dict("records"), strict=True)
    return [_row(what, part, row, work, len(samples)) for (what, part), row in rows]


def check(samples: pd.DataFrame, cells: pd.DataFrame, trials: pd.DataFrame) -> float:
    """Seconds of timing the sampled configs, as they were sampled, over what is summed for them.

    ``samples``: cell_id, config_id, timing_seconds; ``cells``: COST_CELLS of their layer;
    ``trials``: TRIAL_COLUMNS and the dataset. NaN if none of them is recorded.
    """
    us = trials.merge(cells[KEYS], on=KEYS)[["cell_id", "config_id", "median_us"]]
    both = samples.merge(us, on=["cell_id", "config_id"]).dropna(subset="median_us")
    summed = both["median_us"].sum() * 1e-6 * REPLAYED
    return float(both["timing_seconds"].sum() / summed) if summed else float("nan")


def _row(
    what: CostOf, part: Part, found: Mapping[Any, Any], work: Work, samples: int
) -> dict[str, Any]:
    """One row of COST; what was summed has no interval."""
    row = {
        "what": what,
        "part": part,
        "value": found["mean"],
        "gpu_seconds": work.timing_seconds if part in (Part.TIMING, Part.TOTAL) else 0.0,
        "cpu_seconds": found["mean"],
    }
    if part is Part.TIMING:
        return row
    return row | {"low": found["low"], "high": found["high"], "samples": samples}
