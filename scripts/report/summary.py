"""The results as one JSON document: every figure that the pages quote, and where it comes from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scripts.claims.sentences import judge_sentences
from scripts.lib import command_line, json_lines
from scripts.lib.log import run_main
from scripts.lib.provenance import dataset_hashes, pinned_packages, upstream_commit
from scripts.report.estimates import merged, rounded
from scripts.report.section import Frames, Headline, Summary, read_files
from scripts.report.sections import SECTIONS, summary_sources
from scripts.report.sentences import make_claims, make_readings

EXAMPLE = """example, shortened at …:
  python -m scripts.report.summary --tables results/tables/statistics/gaps.parquet … \\
      data/recorded/history.parquet data/recorded/measured/nvidia_h200-bf16/runs.json \\
      --upstream data/upstream.yaml --lock envs/analysis.lock.txt \\
      --datasets data/recorded/history.parquet \\
      --sources NVIDIA_H100_80GB_HBM3 AMD_Instinct_MI300X \\
      --gap-source NVIDIA_H100_80GB_HBM3 --gap-target AMD_Instinct_MI300X \\
      --margin 0.01 --level 0.95 --resamples 10000 --out results/summary.json"""


def summarise(read: Frames, quoted: dict[str, Any], headline: Headline) -> Summary:
    """All sections, claims and readings, with floats at 6 significant digits.

    ``read``: what each source holds, by its name. ``quoted``: what is taken over as it is.
    """
    facts = quoted
    for section in SECTIONS:
        facts = merged(facts, section.build(read))
    for section in SECTIONS:
        facts = merged(facts, section.derive(facts))
    summary: Summary = rounded(facts)
    # From the rounded figures, so that a sentence never disagrees with the figure beside it.
    summary["claims"] = make_claims(summary, headline)
    summary["readings"] = make_readings(summary, headline)
    return summary


def _parser() -> argparse.ArgumentParser:
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument(
        "--tables", type=Path, nargs="+", required=True,
        help="every file that a section reads; of runs.json first that of the dataset on which"
        " searches are replayed",
    )  # fmt: skip
    parser.add_argument("--upstream", type=Path, required=True, help="pinned upstream commit")
    parser.add_argument("--lock", type=Path, required=True, help="pinned packages")
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
        read = read_files(arguments.tables, summary_sources())
        decided_by = ("margin", "level", "resamples")
        quoted = {
            "statistics": {name: getattr(arguments, name) for name in decided_by},
            "provenance": {
                "upstream_commit": upstream_commit(arguments.upstream),
                "datasets": dataset_hashes(arguments.datasets),
                "packages": pinned_packages(arguments.lock),
            },
        }
        headline = Headline(
            sources=tuple(arguments.sources),
            gap_pair=f"{arguments.gap_source}->{arguments.gap_target}",
        )
        summary = summarise(read, quoted, headline)
        summary["guardrails"] = rounded(judge_sentences(summary, read["guardrails"]))
        json_lines.write(arguments.out, summary)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
