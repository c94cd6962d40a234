"""Predict the triples of a device pair whose target GPU is not there.

For each: latency of the source's config, carried over, and of the target's own, on the target. A
config that the target cannot hold has no latency; results/tables/space/triples_legality says why.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib import command_line
from scripts.lib.log import run_main
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.sim import TRIPLES_PREDICTED
from scripts.lib.schemas.space import TRIPLES_LEGALITY
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.sim import facts as compiler
from scripts.sim.confidence import confidence
from scripts.sim.predict import predict
from scripts.sim.simulator import Simulator, load

LOG = logging.getLogger("sim.triples")
_KEPT = [
    "cell_id", "source", "target", "source_file", "target_file", "carried_config_id",
    "target_config_id",
]  # fmt: skip

EXAMPLE = """example:
  python -m scripts.sim.triples --model results/sim/model.json \\
    --legality results/tables/space/triples_legality.parquet \\
    --space results/tables/space/AMD_Instinct_MI300X-bf16.parquet \\
    --out results/tables/sim/triples_predicted.parquet
"""


def predict_triples(
    legality: pd.DataFrame, facts: pd.DataFrame, simulator: Simulator
) -> pd.DataFrame:
    """TRIPLES_PREDICTED rows, one for each row of TRIPLES_LEGALITY, in its order."""
    carried = _latency(legality, "carried_config_id", "legal", facts, simulator)
    target = _latency(legality, "target_config_id", "target_legal", facts, simulator)
    trust = [
        confidence(cell.device, cell.shape.scheme, simulator)
        for cell in map(parse_cell, legality["cell_id"])
    ]
    return legality[_KEPT].assign(
        predicted_us_carried=carried,
        predicted_us_target=target,
        ratio=np.round(carried / target, 6),
        confidence=[found.level.value for found in trust],
        confidence_reason=[found.reason for found in trust],
        model_version=simulator.version,
        outcome=Outcome.NOT_MEASURED.value,
        outcome_reason=NotMeasured.DEVICE_ABSENT.value,
    )


def _latency(
    legality: pd.DataFrame, config: str, legal: str, facts: pd.DataFrame, simulator: Simulator
) -> pd.Series:
    """Predicted latency of one of the two configs; NaN where the target cannot hold it."""
    held = legality[legality[legal]]
    asked = held[["cell_id", config]].rename(columns={config: "config_id"})
    found = predict(asked, facts, simulator)["predicted_us"].to_numpy()
    return pd.Series(found, held.index).reindex(legality.index)


def main(argv: list[str] | None = None) -> int:
    """Parse, predict, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--model", type=Path, required=True, help="model file")
    parser.add_argument("--legality", type=Path, required=True, help="TRIPLES_LEGALITY table")
    parser.add_argument("--space", type=Path, nargs="*", default=[], help="SPACE tables: facts")
    parser.add_argument("--out", type=Path, required=True, help="TRIPLES_PREDICTED to write")
    args = parser.parse_args(argv)

    def body() -> None:
        legality = read_table(args.legality, TRIPLES_LEGALITY)
        facts = compiler.read_facts(args.space)
        frame = predict_triples(legality, facts, load(args.model))
        write_table(args.out, frame, TRIPLES_PREDICTED)
        LOG.info("%s: %d triples", args.out, len(frame))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
