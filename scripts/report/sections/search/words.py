"""The replayed searches in words, in the order of the tables, and what is to be reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping

HEADLINE = "S1-S8"
EVERY = "S1-S8, all sources"
# strategy -> what it is; a Kernel Tuner strategy has its own name.
OURS = {
    HEADLINE: "all strategies together, from one source GPU at a time",
    f"{HEADLINE}, stops": "the same, ending when less than the tie margin is to be gained",
    EVERY: "from the files of all source GPUs at once, or of none where there are none",
    f"{HEADLINE}, no source": "from no other GPU's file",
    f"{HEADLINE}, no source, stops": "the same, ending when less than the margin is to be gained",
    f"{HEADLINE}, by eights": "from all source GPUs, eight configs compiled at a time",
    f"{HEADLINE}, source unseen": "all sources but one, from which nothing was learned either",
}
SINGLE = {
    "S1": "the source's config as it stands",
    "S2": "the nearest legal configs",
    "S3": "moved by what tuners changed for other layers",
    "S4": "Bayesian search warm-started by S1 to S3",
    "S5": "what other batches and similar layers found",
    "S8": "portfolio that covers the recorded cells",
}
BASELINES = {
    "S6": "graphx-sim's order alone",
    "random": "random order",
    "cold Bayesian": "Bayesian search that knows nothing",
    "Optuna TPE": "Optuna's tree-structured Parzen estimator",
    "Kernel Tuner genetic_algorithm": "Kernel Tuner: genetic algorithm",
    "Kernel Tuner greedy_ils": "Kernel Tuner: greedy iterated local search",
    "Kernel Tuner pso": "Kernel Tuner: particle swarm",
    "Kernel Tuner simulated_annealing": "Kernel Tuner: simulated annealing",
    "committed": "the committed config, one trial",
    "default": "the upstream default heuristic, one trial",
    "exhaustive": "the space in ascending order",
}
WITHOUT = {f"{HEADLINE} without S{number}": f"without S{number}" for number in range(1, 9)}
GROUPS = {"together": OURS, "alone": SINGLE, "baselines": BASELINES, "one switched off": WITHOUT}


def grouped(
    groups: Mapping[str, Mapping[str, str]], found: Collection[str]
) -> dict[str, dict[str, str]]:
    """GROUPS less what was not found; one that is found and has no words stands alone."""
    named = {name for names in groups.values() for name in names}
    out = {
        group: {name: said for name, said in names.items() if name in found}
        for group, names in groups.items()
    }
    out["alone"] |= {name: "" for name in found if name not in named}
    return out


# A row of classes of the headline: group -> what it is.
CLASSES = {
    "E": "experts", "scheme": "number formats", "regime": "batch size", "vendor": "source's vendor",
    "source": "source GPU",
}  # fmt: skip
LARGE_BATCH = 256  # tokens from which on the earlier study lost cells

# cause of a run that ends behind the fastest config -> in words
CAUSES = {
    "noise": "its choice cannot be told from the fastest",
    "stopped_early": "it ended by itself, expecting less than the margin",
    "tile_not_tried": "it never tried the fastest's BLOCK_SIZE_M",
    "budget": "its trials ran out",
}
METRICS = {"win": "win", "tie": "tie", "loss": "loss", "within_2": "within 2%"}

BUDGETS = ("1", "2", "4", "8", "16", "32", "64", "128")
AHEAD_UP_TO = 32
TRIALS_MEDIAN, TRIALS_P95 = 8, 32
REGRET = {"16": 1.01, "128": 1.002}
