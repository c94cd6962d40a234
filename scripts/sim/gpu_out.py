"""graphx-sim as it is for a GPU of which nothing was recorded: taught by other GPUs alone."""

from __future__ import annotations

import pandas as pd

from scripts.sim.learned.committee import Committee
from scripts.sim.model.parameters import Parameters
from scripts.sim.simulator import Simulator

UNTAUGHT = "equations"


def simulator_without(
    device: str, measured: pd.DataFrame, facts: pd.DataFrame, seed: int
) -> Simulator:
    """Fitted to what other GPUs recorded; the equations alone, unfitted, if no other one did.

    ``measured``: trials of all legal configs of cells (scripts.sim.recorded).
    """
    others = measured[measured["device"] != device].reset_index(drop=True)
    if others.empty:
        return Simulator(UNTAUGHT, Parameters.started(), Committee(()), (), {})
    # Imported here: scikit-learn takes a second to load, and nothing is to be grown.
    from scripts.sim.train import train  # noqa: PLC0415

    return train(others, facts, seed, f"without-{device}")
