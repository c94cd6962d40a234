"""What searches on the GPU itself chose against the committed config, by source and class of cells.

Of a search that lost, the nearest cause is the first that holds: the committed config is not in the
searched space (outside_space) or in it and illegal by the compiler (illegal); the search ended
without having tried it (not_tried); else both stood in the finals, and the rounds that chose say
otherwise than those that judge (noise).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.decision import LOSS, decide
from scripts.lib.log import run_main
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import ANY, LIVE, LIVE_LOSSES, LIVE_RATES, TOGETHER
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held as held_in
from scripts.statistics import options
from scripts.statistics.aa_rates import widen
from scripts.statistics.bootstrap import Plan, round_10
from scripts.statistics.held import Held, errors
from scripts.statistics.intervals import NUMBERS
from scripts.statistics.judged import Part, estimate_metrics
from scripts.statistics.searches import with_classes

LOG = logging.getLogger("statistics.live")
CHOICES = (Choice.SEARCHED, Choice.HALVES, Choice.FASTEST)
_PREFIX = {Choice.HALVES: "final_", Choice.FASTEST: ""}
# Classes of what each source found, and more of those of all.
_EACH, _WHOLE = ("scheme",), ("regime", "power", "steadiness")
_JUDGED = ("ratio", "low", "high", "decision")
# choice -> column of LIVE that holds it
CHOSEN = {
    Choice.SEARCHED: "final_id",
    Choice.HALVES: "final_id",
    Choice.FASTEST: "choice_id",
}
EXAMPLE = """
  python -m scripts.statistics.live --live results/tables/tune/live.parquet \\
    --space results/tables/space/NVIDIA_H200-*.parquet --study nvidia_h200-study \\
    --states results/tables/statistics/states.parquet \\
    --aa results/tables/statistics/aa_rates.parquet \\
    --out-rates results/tables/statistics/live_rates.parquet \\
    --out-losses results/tables/statistics/live_losses.parquet
"""


def judged_as(choice: Choice, live: pd.DataFrame) -> pd.DataFrame:
    """LIVE with ratio, low, high and verdict of what was chosen by the finals, or before them.

    ``same``: that is the committed config itself.
    SEARCHED is judged in finals of its own; a choice that was not in any, by the study's rounds.
    """
    if choice is Choice.SEARCHED:
        fresh = live["fresh_decision"].notna()
        found = {
            name: live[f"fresh_{name}"].where(fresh, live[f"final_{name}"]) for name in _JUDGED
        }
    else:
        found = {name: live[f"{_PREFIX[choice]}{name}"] for name in _JUDGED}
    same = live[CHOSEN[choice]] == live["committed_id"]
    return live.assign(verdict=found.pop("decision"), same=same, **found)


def over_triples(verdicts: pd.DataFrame, live: pd.DataFrame, held: Held) -> pd.DataFrame:
    """TRIPLE_VERDICTS with what a search from the source found on the cell, as it is judged.

    With trials and same; dataset is the recording whose finals judged it. A triple without a
    search has no verdict.
    """
    judged = judged_as(Choice.SEARCHED, live)
    judged = judged.assign(dataset=held.of_searches(live, Choice.SEARCHED))
    keys, own = ["cell_id", "source"], ["dataset", "ratio", "low", "high", "verdict"]
    out = verdicts.drop(columns=own).merge(
        judged[[*keys, *own, "trials", "same"]], on=keys, how="left", validate="one_to_one"
    )
    return out.assign(same=out["same"].eq(True))


def rates(live: pd.DataFrame, held: Held, plan: Plan, margin: float) -> pd.DataFrame:
    """LIVE_RATES of LIVE; ``held``: of the finals that judge it; ``margin``: of its decisions."""
    # In an order of its own, since the resamples follow that of the rows.
    ordered = live.sort_values(["cell_id", "source"], ignore_index=True)
    tokens = [parse_cell(name).tokens for name in ordered["cell_id"]]
    sources = ordered["source"].where(ordered["source"] != "")
    about = with_classes(ordered.assign(source=sources, tokens=tokens))
    parts = []
    for device, mine in about.groupby("device", sort=True):
        for choice in CHOICES:
            judged = judged_as(choice, mine).assign(flips=np.nan, label_noise=np.nan)
            rows = held.about(judged.assign(dataset=held.of_searches(mine, choice)))
            for (source, group, which), some in _classes(rows, choice):
                key = {"device": str(device), "choice": str(choice), "source": source}
                key |= {"group": group, "which": which}
                parts.append(Part(key, some, some["file"], f"live {' '.join(key.values())}"))
    if not parts:
        return pd.DataFrame(columns=LIVE_RATES.names)
    found = estimate_metrics(parts, plan, margin)
    out = found[found["n"] > 0][LIVE_RATES.names]
    out[NUMBERS] = out[NUMBERS].map(round_10)
    order = ["device", "choice", "source", "group", "which"]
    return out.sort_values(order, kind="stable", ignore_index=True)


def _classes(
    rows: pd.DataFrame, choice: Choice
) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """(source, group, which) and its rows; classes of what the finals chose only."""
    triples = rows[rows["triple"]]
    by_source = {TOGETHER: rows[rows["source"].isna()], ANY: triples}
    by_source |= {str(source): some for source, some in triples.groupby("source", sort=True)}
    for source, some in by_source.items():
        if some.empty:
            continue
        yield (source, "all", ""), some
        if choice is Choice.SEARCHED:
            for group in (*_EACH, *_WHOLE) if source in (TOGETHER, ANY) else _EACH:
                for value, part in some.groupby(group, sort=True):
                    # Of one class the rates are those of all.
                    if len(part) < len(some):
                        yield (source, group, str(value)), part


def losses(live: pd.DataFrame, spaces: pd.DataFrame, held: Held, margin: float) -> pd.DataFrame:
    """LIVE_LOSSES of LIVE, the furthest behind first. ``spaces``: SPACE of all number formats."""
    legal = spaces[spaces["legal"].astype(bool)]
    known = set(zip(legal["device"], legal["scheme"], legal["config_id"], strict=True))
    judged = judged_as(Choice.SEARCHED, live).assign(
        dataset=held.of_searches(live, Choice.SEARCHED),
        tokens=[parse_cell(name).tokens for name in live["cell_id"]],
    )
    ends = widen(judged["low"], judged["high"], errors(judged, held.rates))
    lost = live.assign(judged_ratio=judged["ratio"], widened=decide(*ends, margin))
    lost = lost[judged["verdict"] == LOSS]
    cells = [parse_cell(name) for name in lost["cell_id"]]
    unknown = {(cell.device, cell.shape.scheme) for cell in cells} - set(
        zip(spaces["device"], spaces["scheme"], strict=True)
    )
    if unknown:
        device, scheme = min(unknown)
        raise InputError(f"space: none of {scheme} on {device}; name its table with --space")
    wanted = [
        (cell.device, cell.shape.scheme, config)
        for cell, config in zip(cells, lost["committed_id"], strict=True)
    ]
    searched = set(zip(spaces["device"], spaces["scheme"], spaces["config_id"], strict=True))
    cause = np.select(
        [
            np.array([key not in searched for key in wanted], dtype=bool),
            np.array([key not in known for key in wanted], dtype=bool),
            lost["committed_trial"].isna(),
        ],
        ["outside_space", "illegal", "not_tried"],
        "noise",
    )
    order = ["judged_ratio", "cell_id", "source"]
    return lost.assign(cause=cause)[LIVE_LOSSES.names].sort_values(
        order, ascending=[False, True, True], ignore_index=True
    )


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--live", type=Path, required=True, help="LIVE table")
    parser.add_argument("--space", type=Path, nargs="+", required=True, help="SPACE tables")
    parser.add_argument("--out-rates", type=Path, required=True, help="LIVE_RATES to write")
    parser.add_argument("--out-losses", type=Path, required=True, help="LIVE_LOSSES to write")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    held_in.add_options(parser)
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        live = read_table(args.live, LIVE)
        spaces = pd.concat([read_table(path, SPACE) for path in args.space], ignore_index=True)
        held = held_in.read(args)
        late = losses(live, spaces, held, args.margin)
        found = rates(live, held, options.plan(args), args.margin)
        write_table(args.out_rates, found, LIVE_RATES)
        write_table(args.out_losses, late, LIVE_LOSSES)
        LOG.info("%s: %d of %d searches", args.out_losses, len(late), len(live))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
