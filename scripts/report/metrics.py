"""The figures that are compared from commit to commit, a few of the summary's many.

All that a claim quotes, and what tuning a file costs: path in the summary -> value. A table of the
whole summary would take minutes, and nobody would read it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.files import write_json
from scripts.lib.log import run_main
from scripts.report.results_md import read_summary
from scripts.report.section import Summary
from scripts.report.sections import cost

EXAMPLE = """example:
  python -m scripts.report.metrics --summary results/summary.json --out results/metrics.json"""


def metrics(summary: Summary) -> dict[str, float]:
    """Path of each figure -> its mean, or the figure itself."""
    claimed = {claim["metric"]: claim["mean"] for claim in summary["claims"]}
    costs = {f"cost/{name}": value for name in cost.HEADLINES
             if (value := summary["cost"].get(name)) is not None}  # fmt: skip
    return {name: float(value) for name, value in (claimed | costs).items()}


def main(argv: list[str] | None = None) -> int:
    """Read the summary, choose, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        write_json(arguments.out, metrics(read_summary(arguments.summary)))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
