"""What the pages say, out of the tables of a judged matrix and its file of switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.matrix.cells import BASELINE, cells_of
from scripts.matrix.record import NUMBERS
from scripts.matrix.switches import PHASES, Matrix, feature_of

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]
SERVED = ("ttft", "tpot", "itl")
TOP = 12  # kernels of a step that are listed


@dataclass(frozen=True)
class Content:
    """``device``: None if nothing is recorded."""

    matrix: Matrix
    tables: Tables
    runs: Sequence[Mapping[str, Any]]
    targets: Mapping[str, Any]

    @property
    def device(self) -> str | None:
        """The GPU of the record."""
        rows = self.tables["matrix_cells"]
        return str(rows[0]["device"]) if rows else None

    def times(self) -> dict[str, tuple[str, float, int]]:
        """Metrics of the performance level: heading, factor and decimals of each."""
        numbers = self.matrix.numbers
        metrics = {row["metric"] for row in self.tables["matrix_numbers"]}
        prefills = f"pp{numbers.pp}_gpu" in metrics  # an earlier record has none
        return {
            "step_gpu": ("decode step, GPU us", 1e6, 1),
            **({f"pp{numbers.pp}_gpu": (f"pp{numbers.pp}, GPU ms", 1e3, 2)} if prefills else {}),
            f"pp{numbers.pp}": (f"pp{numbers.pp}, ms", 1e3, 2),
            **{f"tg{count}": (f"tg{count}, ms a token", 1e3, 3) for count in numbers.tg},
            "served_tpot": (f"{numbers.concurrency} at once, ms a token", 1e3, 3),
        }

    def cells(self) -> list[Row]:
        """A row for every cell of the file, also of those of which nothing is recorded."""
        known = {row["cell"]: row for row in self.tables["matrix_cells"]}
        found = []
        for cell in cells_of(self.matrix):
            row = known.get(cell.id, {"state": "not_measured", "reason": "not recorded"})
            words = {level: self.level(cell.id, level)["word"] for level in NUMBERS}
            found.append({**row, "cell": cell, "id": cell.id, "phase": str(cell.phase),
                          "words": words})  # fmt: skip
        return found

    def level(self, cell: str, level: str) -> Row:
        """The verdict on one level."""
        nothing = {"word": "not_measured", "reason": "not recorded", "number": NUMBERS[level]}
        return next(
            (row for row in self.tables["matrix_levels"]
             if row["cell"] == cell and row["level"] == level), nothing
        )  # fmt: skip

    def numbers(self, cell: str) -> dict[str, Row]:
        """Metric -> its row of MATRIX_NUMBERS."""
        rows = self.tables["matrix_numbers"]
        return {row["metric"]: row for row in rows if row["cell"] == cell}

    def kernels(self, cell: str) -> list[Row]:
        """The longest kernels of a decode step of one sequence."""
        return [row for row in self.tables["matrix_kernels"] if row["cell"] == cell][:TOP]

    def parts(self, cell: str) -> dict[str, float]:
        """Part of the step -> us, the longest first."""
        sums: dict[str, float] = {}
        for row in self.tables["matrix_kernels"]:
            if row["cell"] == cell:
                sums[row["part"]] = sums.get(row["part"], 0.0) + row["us"]
        return dict(sorted(sums.items(), key=lambda one: -one[1]))

    def step(self, cell: str) -> Row | None:
        """The decode step of a cell."""
        return next((row for row in self.tables["matrix_steps"] if row["cell"] == cell), None)

    def checks(self) -> Sequence[Row]:
        """Level 5 put to the test."""
        return self.tables["matrix_checks"]

    def compared(self, planted: str) -> list[Row]:
        """Level 5 between records: as they are, or with a fault put in."""
        return [row for row in self.tables["matrix_compared"] if row["planted"] == planted]

    def features(self) -> list[Row]:
        """Every feature of every model: its setting, its cell, its criteria as they came out."""
        found = []
        for name, model in self.matrix.models.items():
            for text in model.features:
                switch, setting = feature_of(text)
                cell = f"{name}/{text}"
                rows = [row for row in self.tables["matrix_features"] if row["cell"] == cell]
                found.append({
                    "model": name, "feature": text, "switch": switch, "name": setting, "id": cell,
                    "page": page_of(name, text), "criteria": rows,
                    "setting": self.matrix.switches[switch].settings[setting],
                    "base": f"{name}/{BASELINE}",
                    "pairs": [one for one in self.cells() if text in one["cell"].features
                              and one["cell"].kind == "pair" and one["cell"].model == name],
                })  # fmt: skip
        return found


def page_of(model: str, feature: str) -> str:
    """The file of a feature's page."""
    return f"{model}-{feature.replace('=', '-')}.md"


def feature_pages(matrix: Matrix) -> list[str]:
    """The files of all features' pages."""
    return [page_of(name, text) for name, model in matrix.models.items() for text in model.features]


PHASE_WORDS = {str(phase): words for phase, words in PHASES.items()}
# What was put into the later record before it was compared.
PLANTS = {
    "nothing": "as they are",
    "slower": "this against itself, all times 4% longer",
    "heavier": "this against itself, all peaks 1.2 GB higher",
}
BEARS = {
    "all": "everything: nothing is compared",
    "clock": "times on the clock, which are not compared",
    "nothing": "nothing: it may be what changed",
}
