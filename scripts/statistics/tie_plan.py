"""Plan a re-validation: of a recorded dataset, only the tie-sets and the committed configs.

What can be told from the best of its cell need not be measured again to ask whether a verdict
stands. The plan is one for `python -m scripts.measure.sweep`; what it saves, in trials and in GPU
seconds as they were recorded, is printed.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import write_table
from scripts.statistics import options
from scripts.statistics.recording import read_recorded
from scripts.statistics.ties import cost_of, plan_ties

LOG = logging.getLogger("statistics.tie_plan")
EXAMPLE = (
    "python -m scripts.statistics.tie_plan --recorded data/recorded/measured/nvidia_h200-corpus"
    " --out build/ties.parquet && python -m scripts.measure.sweep --plan build/ties.parquet"
    " --ledger build/ties.jsonl"
)


def narrow(plan: pd.DataFrame, texts: list[str] | None) -> pd.DataFrame:
    """The cells whose id contains one of the texts, all without; InputError if there is none."""
    if texts is None:
        return plan
    wanted = [any(text in cell_id for text in texts) for cell_id in plan["cell_id"]]
    if not any(wanted):
        raise InputError(f"--cells: no recorded cell contains {' or '.join(texts)}")
    return plan[wanted].reset_index(drop=True)


def saving(plan: pd.DataFrame, trials: pd.DataFrame) -> str:
    """What the plan costs of the whole recording of its cells, in words."""
    cost = cost_of(plan, trials[trials["cell_id"].isin(plan["cell_id"])]).sum()
    return (
        f"{plan['cell_id'].nunique()} cells: {cost['tie_trials']:,.0f} of {cost['trials']:,.0f}"
        f" trials, {cost['tie_seconds']:,.1f} of {cost['seconds']:,.1f} GPU seconds as recorded;"
        " set-up, anchors and finals come on top of either"
    )


def main(argv: list[str] | None = None) -> int:
    """Read the dataset, plan, write, say what is saved."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--recorded", type=Path, required=True, help="folder of the dataset")
    parser.add_argument("--cells", nargs="+", help="only cells whose id contains one of these")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a tie")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="plan to write (PLAN table)")
    arguments = parser.parse_args(argv)

    def body() -> None:
        recorded = read_recorded(arguments.recorded, arguments.margin, arguments.level)
        plan = narrow(plan_ties(recorded.pairwise, recorded.cells), arguments.cells)
        write_table(arguments.out, plan, PLAN)
        LOG.info("%s", saving(plan, recorded.trials))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
