"""Kernel Tuner's strategies with their default options, through its simulation mode."""

from __future__ import annotations

import contextlib
import io
import json
import random
import warnings
from pathlib import Path

import kernel_tuner
import numpy as np

from scripts.lib.config import Config, parse_id
from scripts.lib.files import read_json, write_text
from scripts.transfer.legal import LegalSpace

# Those of its global strategies that make 128 trials of a space this small in a fraction of a
# second; its Bayesian and differential ones take 2 to 4 s a run, hours for all.
STRATEGIES = ("genetic_algorithm", "greedy_ils", "pso", "simulated_annealing")


def write_legal(cache: Path, legal: LegalSpace, out: Path) -> None:
    """Copy a cell's file to ``out`` without the configs that are not in the legal space.

    ``cache``: as scripts.export.t4 writes it for the simulation mode. It holds proposals from
    other GPUs' files too, whose odd values would widen the space that is searched.
    """
    content = read_json(cache)
    legal_ids = {config.id for config in legal.configs}
    kept = {key: one for key, one in content["cache"].items() if one["config_id"] in legal_ids}
    names = content["tune_params_keys"]
    content["tune_params"] = {name: sorted({one[name] for one in kept.values()}) for name in names}
    content["cache"] = kept
    # Kernel Tuner finds the end of the file by its last lines: the two braces alone.
    write_text(out, f"{json.dumps(content)[:-2]}\n}}\n}}\n")


def kernel_tuner_order(cache: Path, strategy: str, seed: int, trials: int) -> list[Config]:
    """Configs in the order in which the strategy first asks for them, at most ``trials``.

    ``cache``: as ``write_legal`` leaves it. ``tune_cache`` takes the configs that could be timed
    for the space, so Kernel Tuner never meets one that fails. A config asked for again is answered
    from memory and costs nothing.
    """
    # Its strategies draw from both; the seed it takes is not passed on to either (1.5.0).
    random.seed(seed)
    np.random.seed(seed)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # It would have thread blocks among the parameters, and prints its budget's end.
        warnings.simplefilter("ignore")
        results, _ = kernel_tuner.tune_cache(
            str(cache),
            strategy=strategy,
            strategy_options={"max_fevals": trials},
            quiet=True,
        )
    return [parse_id(name) for name in dict.fromkeys(entry["config_id"] for entry in results)]
