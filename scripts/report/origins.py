"""Where the figures of the summary come from: the table of each, and the command that makes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.lib.files import InputError, sha256

_TABLES = "results/tables/"


@dataclass(frozen=True)
class Origin:
    """A file, and the module or command that makes it; a constant's file is its source."""

    file: str
    command: str | None

    @property
    def name(self) -> str:
        """How pages call it: tables without their folder."""
        return self.file.removeprefix(_TABLES)


def _made(name: str, module: str) -> Origin:
    return Origin(f"{_TABLES}{name}", f"python -m scripts.{module}")


_RUNS = Origin("data/recorded/measured/", "python -m scripts.ledger.consolidate")
_CORRECTNESS = Origin("data/recorded/correctness/", "python -m scripts.measure.correctness")
_HISTORY = Origin("data/recorded/history.parquet", "python -m scripts.mine.mine")
_BINARIES = _made("binaries.parquet", "statistics.recorded")
_COST = _made("cost.parquet", "statistics.cost")
_FALSE_WINS = _made("false_wins.parquet", "statistics.spread")
_SPACES = Origin(f"{_TABLES}space/", "python -m scripts.space.enumerate")
_SENTENCES = Origin("results/summary.json", "python -m scripts.claims.sentences")
# Parts of a path by "/", "*" for any one; the longest that a path begins with holds.
ORIGINS: dict[str, tuple[Origin, ...]] = {
    "breakdowns": (_made("breakdowns.parquet", "statistics.breakdown"),),
    "corpus": (_made("gaps.parquet", "statistics.gaps"),),
    "corpus/files": (_HISTORY,),
    "corpus/rows": (_HISTORY,),
    "correctness": (_CORRECTNESS,),
    "coverage_study": (_made("coverage_study.parquet", "statistics.calibration"),),
    "cost": (_RUNS,),
    "cost/tuned": (_COST,),
    "cost/ratio": (_COST,),
    "cost/ratio_cached": (_COST,),
    "cost/gpu_seconds_18_batches": (_COST,),
    "cost/upstream_gpu_seconds_18_batches": (_COST,),
    "cost/upstream_gpu_seconds_18_batches_cached": (_COST,),
    "guardrails": (_made("guardrails.json", "claims.guardrails"),),
    "guardrails/G5": (_SENTENCES,),
    "guardrails/F2": (_SENTENCES,),
    "headline": (_made("headline.parquet", "statistics.headline"),),
    "headline/*/trials": (_made("search_costs.parquet", "statistics.searches"),),
    "headline/*/tests": (_made("headline_tests.parquet", "statistics.headline"),),
    "headline/*/not_measured": (Origin("scripts/report/headline_section.py", None),),
    "many_pairs": (_made("headline_tests.parquet", "statistics.headline"),),
    "ledger": (_made("ledger.json", "ledger.scan"),),
    "legality": (_made("legality.parquet", "space.legality"),),
    "live": (_made("live_rates.parquet", "statistics.live"),),
    "live_details": (_made("live_rates.parquet", "statistics.live"),),
    "live_details/*/losses": (_made("live_losses.parquet", "statistics.live"),),
    "losses": (_made("losses.parquet", "statistics.losses"),),
    "measured": (_made("recorded.parquet", "statistics.recorded"),),
    "measured/*/binaries": (_BINARIES,),
    "measured/*/coverage": (_made("coverage.parquet", "statistics.coverage"),),
    "measured/*/spread": (_made("spread.parquet", "statistics.spread"),),
    "measured/*/aa_by_dataset": (_FALSE_WINS,),
    "measured/*/aa_false_win_rate": (_FALSE_WINS,),
    "measured/*/aa_false_loss_rate": (_FALSE_WINS,),
    "measured/*/quality": (_made("quality.parquet", "statistics.quality"),),
    "measured/*/gains": (
        _made("gain_rates.parquet", "statistics.gains"),
        _made("gains.parquet", "statistics.gains"),
    ),
    "provenance": (_RUNS,),
    "provenance/datasets": (Origin("data/recorded/SHA256SUMS", "make record"),),
    "provenance/packages": (Origin("envs/analysis.lock.txt", "make lock"),),
    "provenance/upstream_commit": (Origin("data/upstream.yaml", None),),
    "published": (
        _made("headline.parquet", "statistics.headline"),
        _made("gaps.parquet", "statistics.gaps"),
        _made("rates.parquet", "statistics.aggregate"),
    ),
    "repeat": (_made("repeat.parquet", "statistics.repeat"),),
    "revalidation": (
        _made("revalidation.parquet", "statistics.revalidate"),
        _made("revalidation_rates.parquet", "statistics.revalidate"),
        _made("premises.parquet", "statistics.revalidate"),
    ),
    "search": (
        _made("search_rates.parquet", "statistics.searches"),
        _made("search_costs.parquet", "statistics.searches"),
    ),
    "search_details": (_made("search_choices.parquet", "transfer.evaluate"),),
    "search_details/pairs": (_made("search_pairs.parquet", "statistics.search_pairs"),),
    "search_details/verdicts": (_made("search_verdicts.parquet", "statistics.search_choices"),),
    "search_details/behind": (_made("search_behind.parquet", "statistics.search_choices"),),
    "search_details/classes_behind": (_made("search_rates.parquet", "statistics.searches"),),
    "sim": (_made("sim_rates.parquet", "sim.evaluate"),),
    "space": (_made("space_counts.parquet", "space.counts"),),
    "space/*/*/compiler": (_SPACES,),
    "space_sample": (_made("space_sample.parquet", "space.counts"),),
    "statistics": (Origin("rules/report.smk", None),),
    "statistics/margin": (Origin("data/spec.yaml", None),),
    "transfer": (_made("rates.parquet", "statistics.aggregate"),),
    "triples": (
        _made("triples_legality.parquet", "space.legality"),
        _made("triples_predicted.parquet", "sim.triples"),
    ),
    "tuned": (_made("tuned_cost.parquet", "statistics.tuned"),),
    "tuned/*/rows": (_made("tuned.parquet", "statistics.tuned"),),
    # Of the page to browse: the gate's verdict, and rows that the summary holds the totals of.
    "gate": (_made("gate.json", "claims.gate"),),
    "rows/cells": (_made("pairwise.parquet", "statistics.pairwise"), _RUNS),
    "rows/covered": (
        _made("coverage.parquet", "statistics.coverage"),
        _made("gains.parquet", "statistics.gains"),
    ),
    "rows/triples": (
        _made("triples_legality.parquet", "space.legality"),
        _made("triples_predicted.parquet", "sim.triples"),
    ),
    "rows/predicted": (_made("sim_cells.parquet", "sim.evaluate"),),
    "rows/losses": (_made("losses.parquet", "statistics.losses"),),
    "rows/unsettled": (_made("revalidation.parquet", "statistics.revalidate"),),
    "rows/searched": (_made("search_rates.parquet", "statistics.searches"),),
    "rows/chosen": (_made("search_choices.parquet", "transfer.evaluate"),),
    "rows/live": (_made("live.parquet", "tune.live"),),
    # Constants of the pages, see CONSTANTS of scripts.report.results_md.
    "elsewhere": (Origin("scripts/report/elsewhere.py", None),),
    "least_files": (Origin("scripts/lib/schemas/headline.py", None),),
    "gap_pair": (Origin("scripts/report/elsewhere.py", None),),
    "live_words": (Origin("scripts/report/live_words.py", None),),
    "search_words": (Origin("scripts/report/search_words.py", None),),
    "limit": (Origin("scripts/report/correctness_section.py", None),),
    "sim_words": (Origin("scripts/report/sim_words.py", None),),
    "spread_words": (Origin("scripts/report/wording.py", None),),
}


@cache
def origins(path: str) -> tuple[Origin, ...]:
    """The origins of the value at a path; none if nobody has said where it comes from."""
    parts = path.split("/")
    found = [pattern for pattern in ORIGINS if _begins(parts, pattern.split("/"))]
    return ORIGINS[max(found, key=lambda pattern: pattern.count("/"))] if found else ()


def sources(paths: Iterable[Path]) -> list[dict[str, str]]:
    """Each file once, in order of its name: ``file``, ``sha256``, the ``command`` that makes it."""
    made = {one.file: one.command for found in ORIGINS.values() for one in found}
    rows = []
    for path in sorted(set(paths)):
        name = path.as_posix()
        if not path.is_file():
            raise InputError(f"{path}: not found; `make` builds it")
        command = made.get(name) or made.get(f"{name.rpartition('/')[0]}/") or "make " + name
        rows.append({"file": name, "sha256": sha256(path), "command": command})
    return rows


def _begins(parts: list[str], pattern: list[str]) -> bool:
    return len(parts) >= len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(parts, pattern, strict=False)
    )
