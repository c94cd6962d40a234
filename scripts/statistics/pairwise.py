"""Paired comparison of the finalists of each cell, and what the same procedure says of A/A pairs.

Finalists were sampled in interleaved rounds, so the slots of one round saw the same GPU state and
the same routing draws. The ratio of two slots is taken within each round; its median and the
order-statistics interval of that median need no assumption about the noise.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.statistics import AA, PAIRWISE
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Floats, median_interval, round_10
from scripts.statistics.decision import decide, inseparable

UNKNOWN = (float("nan"), float("nan"), float("nan"))
EXAMPLE = (
    "python -m scripts.statistics.pairwise --finals finals.parquet --cells cells.parquet"
    " --margin 0.01 --out pairwise.parquet --out-aa aa.parquet"
)


@dataclass(frozen=True)
class Rounds:
    """The samples of one cell, (round, slot) in us, and the config of each slot."""

    cell_id: str
    samples: pd.DataFrame
    configs: dict[int, str]
    level: float

    @cached_property
    def _columns(self) -> dict[int, Floats]:
        """The samples of each slot: thousands of cells take too long by way of the frame."""
        slots = [int(slot) for slot in self.samples.columns]
        return dict(zip(slots, self.samples.to_numpy(dtype=np.float64).T, strict=True))

    def ratio(self, slot: int, to: int) -> tuple[float, float, float]:
        """Median of slot / to over the rounds that hold both, with its interval."""
        if slot == to:
            return 1.0, 1.0, 1.0
        ratios = self._columns[slot] / self._columns[to]
        ratios = ratios[~np.isnan(ratios)]
        if not len(ratios):
            return UNKNOWN
        median, low, high = median_interval(ratios, self.level)
        return round_10(median), round_10(low), round_10(high)

    def only(self, wanted: npt.NDArray[np.bool_]) -> Rounds:
        """The rounds that a mask over ``samples`` keeps."""
        return replace(self, samples=self.samples[wanted])

    def first_slot(self, config_id: str | None) -> int | None:
        """The lowest slot of a config, which stands for it; None if it is no finalist."""
        return min((s for s, name in self.configs.items() if name == config_id), default=None)


def compare_finalists(
    finals: pd.DataFrame, cells: pd.DataFrame, margin: float, level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All comparisons within each cell; schemas ``PAIRWISE`` and ``AA``."""
    committed = cells.set_index("cell_id")["committed_id"]
    pairs: list[dict[str, object]] = []
    twins: list[dict[str, object]] = []
    for cell_id, rows in finals.groupby("cell_id", sort=True):
        if cell_id not in committed.index:
            raise InputError(f"finals: cell {cell_id} is not in the table of cells; measure it")
        rounds = read_rounds(rows, str(cell_id), level)
        pairs += _compare(rounds, committed[cell_id], margin)
        twins += _twins(rounds, margin)
    return (
        pd.DataFrame(pairs, columns=PAIRWISE.names),
        pd.DataFrame(twins, columns=AA.names),
    )


def compare_twins(finals: pd.DataFrame, margin: float, level: float) -> pd.DataFrame:
    """The A/A pairs of every cell alone, each pair at the margin; schema ``AA``."""
    twins: list[dict[str, object]] = []
    for cell_id, rows in finals.groupby("cell_id", sort=True):
        slots = rows.drop_duplicates("slot")
        repeated = slots.loc[slots["config_id"].duplicated(keep=False), "slot"]
        if len(repeated):
            wanted = rows[rows["slot"].isin(repeated)]
            twins += _twins(read_rounds(wanted, str(cell_id), level), margin)
    return pd.DataFrame(twins, columns=AA.names)


def read_rounds(rows: pd.DataFrame, cell_id: str, level: float) -> Rounds:
    """The finals of one cell; InputError if a slot holds two configs or a round a slot twice.

    ``rows``: FINALS of that cell; ``level`` of the intervals.
    """
    configs = rows.groupby("slot")["config_id"].agg(["first", "nunique"])
    if (configs["nunique"] > 1).any() or rows.duplicated(["run_id", "round", "slot"]).any():
        raise InputError(
            f"finals: cell {cell_id} holds two configs in one slot or a slot twice in one round;"
            " consolidate the runs again"
        )
    samples = rows.pivot_table(index=["run_id", "round"], columns="slot", values="us")
    slots = dict(zip(configs.index.to_list(), configs["first"].to_list(), strict=True))
    return Rounds(cell_id, samples, slots, level)


def _compare(rounds: Rounds, committed_id: str | None, margin: float) -> list[dict[str, object]]:
    """Every slot against the committed config and against the best slot."""
    slots = sorted(rounds.configs)
    committed = rounds.first_slot(committed_id)
    # Paired to one reference, not by raw medians: a slow spell hits all slots of its rounds.
    reference = slots[0] if committed is None else committed
    scores = {slot: rounds.ratio(slot, reference)[0] for slot in slots}
    # A slot that shares no round with the reference cannot be the best.
    best = min(slots, key=lambda slot: (np.isnan(scores[slot]), scores[slot], slot))
    rows: list[dict[str, object]] = []
    for slot in slots:
        to_best = rounds.ratio(slot, best)
        to_committed = UNKNOWN if committed is None else rounds.ratio(slot, committed)
        rows.append(
            {
                "cell_id": rounds.cell_id,
                "config_id": rounds.configs[slot],
                "slot": slot,
                "rounds": int(rounds.samples[slot].notna().sum()),
                "median_us": round_10(float(rounds.samples[slot].median())),
                **dict(zip(_ends("committed"), to_committed, strict=True)),
                **dict(zip(_ends("best"), to_best, strict=True)),
                "best": slot == best,
                "tie": bool(inseparable(to_best[1], to_best[2], margin)),
            }
        )
    return rows


def _ends(name: str) -> tuple[str, str, str]:
    return f"{name}_ratio", f"{name}_low", f"{name}_high"


def _twins(rounds: Rounds, margin: float) -> list[dict[str, object]]:
    """Each further slot of a config against that config's first slot."""
    rows: list[dict[str, object]] = []
    for slot, config_id in sorted(rounds.configs.items()):
        first = rounds.first_slot(config_id)
        if first is None or first == slot:
            continue
        ratio, low, high = rounds.ratio(slot, first)
        rows.append(
            {
                "cell_id": rounds.cell_id,
                "config_id": config_id,
                "slot_a": first,
                "slot_b": slot,
                "rounds": int(rounds.samples[[first, slot]].notna().all(axis=1).sum()),
                "ratio": ratio,
                "low": low,
                "high": high,
                "verdict": str(decide(low, high, margin).item()),
            }
        )
    return rows


def main(argv: list[str] | None = None) -> int:
    """Read finals and cells, compare, write both tables."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--finals", type=Path, required=True, help="interleaved samples")
    parser.add_argument("--cells", type=Path, required=True, help="measured cells")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="finalists compared")
    parser.add_argument("--out-aa", type=Path, required=True, help="A/A pairs")
    arguments = parser.parse_args(argv)

    def body() -> None:
        finals = read_table(arguments.finals, FINALS)
        cells = read_table(arguments.cells, CELLS)
        pairs, twins = compare_finalists(finals, cells, arguments.margin, arguments.level)
        write_table(arguments.out, pairs, PAIRWISE)
        write_table(arguments.out_aa, twins, AA)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
