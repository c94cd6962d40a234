"""The results as one JSON document: every figure that the pages quote, and where it comes from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scripts.claims.sentences import judge_sentences
from scripts.lib.files import read_json, write_json
from scripts.lib.log import run_main
from scripts.lib.provenance import dataset_hashes, pinned_packages, upstream_commit
from scripts.report import (
    breakdown_section,
    correctness_section,
    cost_section,
    headline_section,
    ledger_section,
    live_section,
    loss_section,
    measured_section,
    published_section,
    revalidation_section,
    search_details,
    search_section,
    sections,
    sim_section,
    space_section,
    triples_section,
)
from scripts.report.claims import Headline, Summary, make_claims
from scripts.report.inputs import Tables, add_inputs, read_inputs
from scripts.report.readings import make_readings
from scripts.report.recording import Recording, provenance, read_recording
from scripts.report.search_words import HEADLINE

EXAMPLE = """example:
  T=results/tables
  python -m scripts.report.summary --history data/recorded/history.parquet \\
      --gaps $T/gaps.parquet --recorded $T/recorded.parquet --binaries $T/binaries.parquet \\
      --coverage $T/coverage.parquet --spread $T/spread.parquet --cost $T/cost.parquet \\
      --false-wins $T/false_wins.parquet --gains $T/gains.parquet \\
      --headline $T/headline.parquet --headline-tests $T/headline_tests.parquet \\
      --coverage-study $T/coverage_study.parquet \\
      --gain-rates $T/gain_rates.parquet --quality $T/quality.parquet \\
      --rates $T/rates.parquet --repeat $T/repeat.parquet \\
      --breakdowns $T/breakdowns.parquet --losses $T/losses.parquet \\
      --revalidation $T/revalidation.parquet \\
      --revalidation-rates $T/revalidation_rates.parquet --premises $T/premises.parquet \\
      --space $T/space/NVIDIA_H200-bf16.parquet --space-counts $T/space_counts.parquet \\
      --space-sample $T/space_sample.parquet --legality $T/legality.parquet \\
      --triples-legality $T/triples_legality.parquet \\
      --triples-predicted $T/triples_predicted.parquet --sim-rates $T/sim_rates.parquet \\
      --search-rates $T/search_rates.parquet --search-costs $T/search_costs.parquet \\
      --search-pairs $T/search_pairs.parquet --search-verdicts $T/search_verdicts.parquet \\
      --search-behind $T/search_behind.parquet --search-choices $T/search_choices.parquet \\
      --live-rates $T/live_rates.parquet --live-losses $T/live_losses.parquet \\
      --tuned $T/tuned.parquet --tuned-cost $T/tuned_cost.parquet \\
      --correctness data/recorded/correctness/*.parquet \\
      --runs data/recorded/measured/nvidia_h200-bf16/runs.json \\
      --upstream data/upstream.yaml --lock envs/analysis.lock.txt --ledger $T/ledger.json \\
      --guardrails $T/guardrails.json \\
      --datasets data/recorded/history.parquet \\
      --sources NVIDIA_H100_80GB_HBM3 AMD_Instinct_MI300X \\
      --gap-source NVIDIA_H100_80GB_HBM3 --gap-target AMD_Instinct_MI300X \\
      --margin 0.01 --level 0.95 --resamples 10000 --out results/summary.json"""


def summarise(
    tables: Tables,
    recordings: list[Recording],
    quoted: dict[str, Any],
    sources: dict[str, Any],
    headline: Headline,
) -> Summary:
    """All sections, claims and readings, with floats at 6 significant digits.

    ``quoted``: sections that are taken over as they are.
    """
    search = search_section.search(tables.search_rates, tables.search_costs)
    by_source = search.get(HEADLINE, {}).get("classes", {}).get("source", {})
    facts: Summary = {
        "corpus": sections.corpus(tables.history, tables.gaps),
        "space": space_section.space(tables.space_counts, tables.space),
        "space_sample": space_section.space_sample(tables.space_sample),
        "legality": space_section.legality(tables.legality),
        "correctness": correctness_section.correctness(tables.correctness),
        "measured": measured_section.measured(tables),
        "headline": headline_section.headline(tables.headline, tables.headline_tests, by_source),
        "many_pairs": headline_section.many_pairs(tables.headline_tests),
        "coverage_study": headline_section.coverage_study(tables.coverage_study),
        "repeat": sections.repeat(tables.repeat),
        "breakdowns": breakdown_section.breakdowns(tables.breakdowns),
        "losses": loss_section.losses(tables.losses),
        "revalidation": revalidation_section.revalidation(
            tables.revalidation, tables.revalidation_rates, tables.premises
        ),
        "sim": sim_section.sim(tables.sim_rates),
        "triples": triples_section.triples(
            triples_section.join(tables.triples_legality, tables.triples_predicted)
        ),
        "transfer": sections.transfer(tables.rates),
        "search": search,
        "search_details": search_details.search_details(
            tables.search_rates,
            tables.search_pairs,
            tables.search_verdicts,
            tables.search_behind,
            tables.search_choices,
        ),
        "live": live_section.live(tables.live_rates),
        "live_details": live_section.live_details(tables.live_rates, tables.live_losses),
        "tuned": live_section.tuned(tables.tuned, tables.tuned_cost),
        "cost": _cost(tables, recordings),
        **quoted,
        "provenance": sources | provenance(recordings),
    }
    facts["published"] = published_section.published(facts)
    summary: Summary = sections.rounded(facts)
    # From the rounded figures, so that a sentence never disagrees with the figure beside it.
    summary["claims"] = make_claims(summary, headline)
    summary["readings"] = make_readings(summary, headline)
    return summary


def _cost(tables: Tables, recordings: list[Recording]) -> Summary:
    """What the first dataset cost to record, each of them, and what tuning a file costs."""
    spent = {recording.dataset: recording.spent() for recording in recordings}
    return recordings[0].cost() | {"datasets": spent} | cost_section.cost(tables.cost)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_inputs(parser)
    parser.add_argument(
        "--runs", type=Path, nargs="+", required=True,
        help="provenance of each dataset, first the one that searches are replayed on",
    )  # fmt: skip
    for name, text in {
        "upstream": "pinned upstream commit",
        "lock": "pinned packages",
        "ledger": "what the integrity scan of the ledgers found",
        "guardrails": "what the guardrails found",
    }.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=text)
    parser.add_argument("--datasets", type=Path, nargs="+", required=True, help="files to hash")
    parser.add_argument("--sources", nargs="+", required=True, help="source GPUs of the headline")
    parser.add_argument("--gap-source", required=True, help="source GPU of the quoted time gap")
    parser.add_argument("--gap-target", required=True, help="target GPU of the quoted time gap")
    # Quoted, not used: the tables were made with them.
    parser.add_argument("--margin", type=float, required=True, help="margin of a win or loss")
    parser.add_argument("--level", type=float, required=True, help="level of the intervals")
    parser.add_argument("--resamples", type=int, required=True, help="bootstrap resamples")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read the tables, put them together, write the summary."""
    arguments = _parser().parse_args(argv)

    def body() -> None:
        tables = read_inputs(arguments)
        sources = {
            "upstream_commit": upstream_commit(arguments.upstream),
            "datasets": dataset_hashes(arguments.datasets),
            "packages": pinned_packages(arguments.lock),
        }
        headline = Headline(
            sources=tuple(arguments.sources),
            gap_pair=f"{arguments.gap_source}->{arguments.gap_target}",
        )
        decided_by = ("margin", "level", "resamples")
        quoted = {
            "statistics": {name: getattr(arguments, name) for name in decided_by},
            "ledger": ledger_section.read_ledgers(arguments.ledger),
        }
        recordings = [read_recording(path) for path in arguments.runs]
        summary = summarise(tables, recordings, quoted, sources, headline)
        guardrails = judge_sentences(summary, read_json(arguments.guardrails))
        summary["guardrails"] = sections.rounded(guardrails)
        write_json(arguments.out, summary)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
