"""Command-line options that the statistics share, so that they mean the same everywhere."""

from __future__ import annotations

import argparse

from scripts.lib.command_line import parser
from scripts.statistics.bootstrap import Plan

__all__ = ["add_plan", "parser", "plan"]


def add_plan(options: argparse.ArgumentParser) -> None:
    """Options of the bootstrap."""
    options.add_argument("--resamples", type=int, default=10_000, help="bootstrap resamples")
    options.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    options.add_argument("--seed", type=int, default=1, help="seed of the resampling")


def plan(arguments: argparse.Namespace) -> Plan:
    """The bootstrap's plan from parsed arguments."""
    return Plan(arguments.resamples, arguments.level, arguments.seed)
