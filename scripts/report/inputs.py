"""The tables that the summary quotes: an option of the command line for each, read as frames."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.lib.schemas.breakdowns import BREAKDOWNS
from scripts.lib.schemas.gains import GAIN_RATES, GAINS
from scripts.lib.schemas.headline import COVERAGE_STUDY, HEADLINE, HEADLINE_TESTS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.live import LIVE_LOSSES, LIVE_RATES, TUNED, TUNED_COST
from scripts.lib.schemas.losses import LOSSES
from scripts.lib.schemas.measured import CORRECTNESS
from scripts.lib.schemas.recorded import (
    BINARIES,
    COST,
    COVERAGE,
    FALSE_WINS,
    RECORDED,
    SPREAD,
)
from scripts.lib.schemas.revalidation import PREMISES, REVALIDATION, REVALIDATION_RATES
from scripts.lib.schemas.search import (
    SEARCH_BEHIND,
    SEARCH_CHOICES,
    SEARCH_COSTS,
    SEARCH_PAIRS,
    SEARCH_RATES,
    SEARCH_VERDICTS,
)
from scripts.lib.schemas.sim import SIM_RATES, TRIPLES_PREDICTED
from scripts.lib.schemas.space import (
    LEGALITY,
    SPACE,
    SPACE_COUNTS,
    SPACE_SAMPLE,
    TRIPLES_LEGALITY,
)
from scripts.lib.schemas.statistics import GAPS, QUALITY, RATES, REPEAT
from scripts.lib.tables import Table, read_table


@dataclass(frozen=True)
class Tables:
    """Frames by name; what each holds is its schema, see INPUTS."""

    history: pd.DataFrame
    gaps: pd.DataFrame
    recorded: pd.DataFrame
    binaries: pd.DataFrame
    coverage: pd.DataFrame
    spread: pd.DataFrame
    false_wins: pd.DataFrame
    gains: pd.DataFrame
    gain_rates: pd.DataFrame
    headline: pd.DataFrame
    headline_tests: pd.DataFrame
    coverage_study: pd.DataFrame
    cost: pd.DataFrame
    quality: pd.DataFrame
    rates: pd.DataFrame
    repeat: pd.DataFrame
    breakdowns: pd.DataFrame
    losses: pd.DataFrame
    revalidation: pd.DataFrame
    revalidation_rates: pd.DataFrame
    premises: pd.DataFrame
    space: pd.DataFrame
    space_counts: pd.DataFrame
    space_sample: pd.DataFrame
    legality: pd.DataFrame
    triples_legality: pd.DataFrame
    triples_predicted: pd.DataFrame
    sim_rates: pd.DataFrame
    search_rates: pd.DataFrame
    search_costs: pd.DataFrame
    search_pairs: pd.DataFrame
    search_verdicts: pd.DataFrame
    search_behind: pd.DataFrame
    search_choices: pd.DataFrame
    live_rates: pd.DataFrame
    live_losses: pd.DataFrame
    tuned: pd.DataFrame
    tuned_cost: pd.DataFrame
    correctness: pd.DataFrame


@dataclass(frozen=True)
class Input:
    """One option: its schema, its help, the columns wanted, whether it takes several files."""

    table: Table
    help: str
    columns: tuple[str, ...] = ()
    several: bool = False


INPUTS = {
    "history": Input(HISTORY, "mined history", ("file", "batch")),
    "gaps": Input(GAPS, "time gaps per device pair"),
    "recorded": Input(RECORDED, "cells of all measured datasets"),
    "binaries": Input(BINARIES, "binaries compiled for them"),
    "coverage": Input(COVERAGE, "cells with a committed config, measured or not"),
    "spread": Input(SPREAD, "how far apart latencies of the same config are"),
    "false_wins": Input(FALSE_WINS, "how often A/A pairs mislead"),
    "gains": Input(GAINS, "best of the configs tried, cell by cell"),
    "gain_rates": Input(GAIN_RATES, "how often it beats the committed one"),
    "headline": Input(HEADLINE, "headline metrics of every pair"),
    "headline_tests": Input(HEADLINE_TESTS, "whether wins outnumber losses"),
    "coverage_study": Input(COVERAGE_STUDY, "what the intervals cover"),
    "cost": Input(COST, "what tuning a config file costs"),
    "quality": Input(QUALITY, "quality of known configs"),
    "rates": Input(RATES, "rates per pair, strategy and budget"),
    "repeat": Input(REPEAT, "cells that were recorded twice"),
    "breakdowns": Input(BREAKDOWNS, "verdicts by class of cells"),
    "losses": Input(LOSSES, "where the best other config stays behind"),
    "revalidation": Input(REVALIDATION, "which verdicts a second recording repeats"),
    "revalidation_rates": Input(REVALIDATION_RATES, "how many of them"),
    "premises": Input(PREMISES, "what both recordings stood on"),
    "space": Input(
        SPACE,
        "spaces, for the compiler's facts",
        (
            "device", "scheme", "legal", "stage", "reason", "compiled_as", "shared_bytes",
            "registers", "spills", "occupancy",
        ),
        several=True,
    ),
    "space_counts": Input(SPACE_COUNTS, "counts of every space"),
    "space_sample": Input(SPACE_SAMPLE, "binaries drawn against their representatives"),
    "legality": Input(LEGALITY, "committed configs on other GPUs"),
    "triples_legality": Input(TRIPLES_LEGALITY, "legality of triples whose target is absent"),
    "triples_predicted": Input(TRIPLES_PREDICTED, "predictions of the same triples"),
    "sim_rates": Input(SIM_RATES, "how well the simulator orders configs"),
    "search_rates": Input(SEARCH_RATES, "regret of every search, replayed"),
    "search_costs": Input(SEARCH_COSTS, "what it takes them to come within 2%"),
    "search_pairs": Input(SEARCH_PAIRS, "S1-S8 against each of them"),
    "search_verdicts": Input(SEARCH_VERDICTS, "its choices against the committed configs"),
    "search_behind": Input(SEARCH_BEHIND, "its runs that end behind the fastest config"),
    "search_choices": Input(SEARCH_CHOICES, "its choices"),
    "live_rates": Input(LIVE_RATES, "what searches on the GPU chose, by class"),
    "live_losses": Input(LIVE_LOSSES, "those that lost"),
    "tuned": Input(TUNED, "layers tuned with one command, by batch size"),
    "tuned_cost": Input(TUNED_COST, "what each of them took"),
    "correctness": Input(CORRECTNESS, "layers against the reference", several=True),
}  # fmt: skip


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """An option for each table: ``space_counts`` is --space-counts."""
    for name, wanted in INPUTS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=Path,
            required=True,
            nargs="+" if wanted.several else 1,
            help=wanted.help,
        )


def read_inputs(arguments: argparse.Namespace) -> Tables:
    """Read all of them; InputError names the file that is none of its schema."""
    frames = {}
    for name, wanted in INPUTS.items():
        columns = list(wanted.columns) or None
        parts = [read_table(path, wanted.table, columns) for path in getattr(arguments, name)]
        frames[name] = pd.concat(parts, ignore_index=True) if wanted.several else parts[0]
    return Tables(**frames)
