"""Which readings of graphx-sim are quoted, what was to be reached, and how models are called."""

from __future__ import annotations

# K of the regrets, and the one that the figure to reach is about.
TOPS = ("1", "4", "8", "16")
TOP = "8"
NEAR = 1.02  # regret at or under this counts as found, see scripts.lib.schemas.sim.SIM_RATES
TO_REACH = 0.95  # of cells
ALL = "all"  # the scheme of a reading over all schemes
# The reading that stands for a GPU: the whole model, on layers that it never saw.
DATASET, HELD_OUT, MODEL = "learned_from", "layer", "corrected"
HARDER = "stamped"
MODELS = {
    "corrected": "as graphx-sim ranks",
    "corrected_plain": "by predicted latency alone",
    "analytical": "by its equations alone",
    "chance": "random order",
}
DATASETS = {"learned_from": "first recording", "repeat": "second recording"}
