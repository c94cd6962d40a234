"""How far one measurement of a config lies off, from recorded A/A pairs: what replays draw from.

An A/A pair is one config twice in the interleaved finals of a cell. In recordings whose rounds have
fresh orders the rounds are independent of each other, and so stand for single replays. Elsewhere
one order served all rounds and a pair keeps a difference that no number of rounds takes away: what
a timing by itself is off.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.audit.bench import Array
from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.judging.token_classes import search_class
from scripts.lib.log import run_main
from scripts.lib.schemas.audit import NOISE
from scripts.lib.schemas.measured import FINALS
from scripts.lib.shape import device_of, parse_cell
from scripts.lib.tables import read_table, write_table

ROUND, TIMING = "round", "timing"
_PAIR = ["cell_id", "config_id"]
EXAMPLE = """example:
  M=data/recorded/measured
  python -m scripts.audit.noise --fresh $M/nvidia_h200-study-finals/finals.parquet \\
    --fixed $M/nvidia_h200-complete/finals.parquet --out results/tables/audit/noise.parquet
"""


def pairs(finals: pd.DataFrame) -> pd.DataFrame:
    """Logarithm of each A/A pair's ratio in each round that both ran; FINALS rows."""
    slots = finals.groupby(_PAIR)["slot"]
    rank = slots.rank("dense")
    twice = finals[(slots.transform("nunique") > 1) & (rank <= 2)].assign(rank=rank)
    by_round = twice.pivot_table(index=[*_PAIR, "round"], columns="rank", values="us").dropna()
    if by_round.empty:
        raise InputError("finals: no config stands in two slots; there is no A/A pair to read")
    logs = np.log(by_round.iloc[:, 0] / by_round.iloc[:, 1])
    return pd.DataFrame({"value": logs}).reset_index()


def noise(fresh: pd.DataFrame, fixed: pd.DataFrame) -> pd.DataFrame:
    """NOISE. ``fresh``: FINALS whose rounds have fresh orders, ``fixed``: one order."""
    rounds, timings = pairs(fresh), pairs(fixed).groupby(_PAIR, as_index=False)["value"].mean()
    parts = []
    for kind, found in ((ROUND, rounds), (TIMING, timings)):
        classes = {
            name: search_class(parse_cell(name).tokens) for name in found["cell_id"].unique()
        }
        parts.append(
            pd.DataFrame(
                {
                    "device": found["cell_id"].map(device_of),
                    "tokens": found["cell_id"].map(classes),
                    "kind": kind,
                    "value": (found["value"] / np.sqrt(2)).round(10),
                }
            )
        )
    return pd.concat(parts).sort_values(NOISE.names, ignore_index=True)


class Noise:
    """Draws of recorded noise, in log units, either sign alike."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._pools: dict[tuple[str, str, str], Array] = {
            (str(device), str(kind), str(tokens)): np.concatenate([rows["value"], -rows["value"]])
            for (device, kind, tokens), rows in table.groupby(["device", "kind", "tokens"])
        }

    def of(self, device: str) -> bool:
        """Whether both kinds are recorded on a GPU."""
        return {kind for name, kind, _ in self._pools if name == device} == {ROUND, TIMING}

    def pool(self, device: str, kind: str, tokens: int) -> Array:
        """All that can be drawn. InputError where nothing is recorded."""
        key = device, kind, search_class(tokens)
        if key not in self._pools:
            raise InputError(f"noise: no {kind} of {key[2]} is recorded on {device}")
        return self._pools[key]


def read_noise(path: Path) -> Noise:
    """Read a NOISE table."""
    return Noise(read_table(path, NOISE))


def _read(paths: Iterable[Path]) -> pd.DataFrame:
    columns = ["cell_id", "config_id", "slot", "round", "us"]
    return pd.concat([read_table(path, FINALS, columns) for path in paths], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, compare, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    text = "FINALS whose rounds have fresh orders"
    parser.add_argument("--fresh", type=Path, nargs="+", required=True, help=text)
    text = "FINALS with one order in all rounds"
    parser.add_argument("--fixed", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--out", type=Path, required=True, help="NOISE table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        write_table(args.out, noise(_read(args.fresh), _read(args.fixed)), NOISE)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
