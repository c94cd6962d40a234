"""How often the intervals hold a truth that is known, on synthetic studies of files and rows.

Rows of one file share what their file has of its own, as the batches of a config file do; the
correlation says how much. Many studies of one layout share their resamples, which changes nothing
for each of them and makes thousands of studies cheap.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.headline import COVERAGE_STUDY
from scripts.lib.tables import write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Floats, Plan, Statistic, round_10
from scripts.statistics.intervals import WAYS, quote_widest, widen_certain
from scripts.statistics.replicates import Codes, deviates, effective, means, quantiles, resample

RATE, MEAN, MEDIAN = "rate", "mean", "median"
TRUE_RATE = 0.8
# A file holds one to eighteen batches, so files weigh differently.
SIZES = (18, 6, 12, 9, 15)
DECIDED, ENDS = "decided", ("low", "high")
EXAMPLE = "python -m scripts.statistics.calibration --studies 2000 --out coverage_study.parquet"


@dataclass(frozen=True)
class Layout:
    """What all studies of one kind have in common."""

    statistic: str
    files: int
    correlation: float

    @property
    def codes(self) -> Codes:
        """The file of each row."""
        sizes = [SIZES[number % len(SIZES)] for number in range(self.files)]
        return np.repeat(np.arange(self.files), sizes)

    @property
    def name(self) -> str:
        """For the random stream."""
        return f"{self.statistic} {self.files} {self.correlation}"


LAYOUTS = [
    *(Layout(name, 50, 0.0) for name in (RATE, MEAN)),
    *(Layout(name, files, 0.3) for name in (RATE, MEAN) for files in (50, 26, 15, 10, 8, 5, 3)),
    *(Layout(MEDIAN, files, share) for files, share in ((26, 0.0), (26, 0.3), (10, 0.3))),
]


def draw(layout: Layout, studies: int, generator: np.random.Generator) -> tuple[Floats, float]:
    """Values of (rows, studies) and the truth that each study is after.

    Rates: rows succeed with their file's own probability, of a beta distribution. Otherwise the
    logarithm of a latency ratio: a file's share and a row's share of a skewed variable, mean 0.
    """
    codes, share = layout.codes, layout.correlation
    size = (layout.files, studies)
    if layout.statistic == RATE:
        chances = np.full(size, TRUE_RATE)
        if share:
            strength = 1 / share - 1
            chances = generator.beta(TRUE_RATE * strength, (1 - TRUE_RATE) * strength, size)
        hits = generator.random((len(codes), studies)) < chances[codes]
        return hits.astype(np.float64), TRUE_RATE
    if layout.statistic == MEDIAN:
        # Normal parts, so that the median of the sum is known.
        own, rest = generator.normal(size=size), generator.normal(size=(len(codes), studies))
    else:
        own = generator.gamma(2.0, 1.0, size) / np.sqrt(2) - np.sqrt(2)
        rest = generator.gamma(2.0, 1.0, (len(codes), studies)) / np.sqrt(2) - np.sqrt(2)
    return np.sqrt(share) * own[codes] + np.sqrt(1 - share) * rest, 0.0


def intervals(layout: Layout, values: Floats, plan: Plan) -> dict[str, Floats]:
    """Ends of every procedure, (2, studies) each, by name.

    Those of ``WAYS`` are read where Student's t asks; "plain" are without that.
    """
    generator = plan.generator(layout.name)
    found: dict[str, Floats] = {}
    for way, units in (("rows", np.arange(len(values))), ("clusters", layout.codes)):
        count = int(units.max()) + 1
        statistic = _statistic(layout, values, units)
        replicates = resample(statistic, count, plan, generator)
        for mark, few in ((" plain", None), ("", effective(values, units))):
            ends = deviates(plan.level, few)
            found[f"{way}{mark}"] = replicates.percentile(ends)
            found[f"{way}_bca{mark}"] = replicates.corrected(ends)
    return found


def _statistic(layout: Layout, values: Floats, units: Codes) -> Statistic:
    if layout.statistic == MEDIAN:
        return quantiles(values, units, (0.5,))
    return means(values, units)


def decided(layout: Layout, values: Floats, found: dict[str, Floats], level: float) -> Floats:
    """The interval that is quoted, chosen as it is for the headline; (2, studies)."""
    ends = {f"{way}_{end}": found[way][row] for way in WAYS for row, end in enumerate(ENDS)}
    about = {"value": values.mean(axis=0), "n": len(values), "files": layout.files}
    quoted = quote_widest(pd.DataFrame({**about, **ends}))
    if layout.statistic == RATE:
        quoted = widen_certain(quoted, level)
    return quoted[["low", "high"]].to_numpy(dtype=np.float64).T


def study(layout: Layout, studies: int, plan: Plan) -> pd.DataFrame:
    """A row for each procedure; COVERAGE_STUDY."""
    values, truth = draw(layout, studies, plan.generator(f"{layout.name} values"))
    found = intervals(layout, values, plan)
    found[DECIDED] = decided(layout, values, found, plan.level)
    rows = [
        {
            "procedure": name,
            # An interval that is not there holds nothing.
            "covered": float(((low <= truth) & (truth <= high)).mean()),
            "width": round_10(float(np.nanmedian(high - low))),
        }
        for name, (low, high) in found.items()
    ]
    return pd.DataFrame(rows).assign(
        statistic=layout.statistic,
        files=layout.files,
        rows=len(values),
        correlation=layout.correlation,
        studies=studies,
    )[COVERAGE_STUDY.names]


def main(argv: list[str] | None = None) -> int:
    """Draw the studies of every layout, count what the intervals hold, write the table."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--studies", type=int, default=2000, help="synthetic studies a layout")
    parser.add_argument("--out", type=Path, required=True, help="table of what is covered")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(arguments)
        parts = [study(layout, arguments.studies, plan) for layout in LAYOUTS]
        write_table(arguments.out, pd.concat(parts, ignore_index=True), COVERAGE_STUDY)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
