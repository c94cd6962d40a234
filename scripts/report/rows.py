"""Long tables of the page to browse, row by row, where the summary holds their totals only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.lib.schemas.revalidation import Standing
from scripts.report.sim_words import DATASET, HELD_OUT, MODEL
from scripts.report.triples_section import join

Rows = list[dict[Any, Any]]


@dataclass(frozen=True)
class Browsable:
    """The rows of each long table, as the functions below make them."""

    cells: Rows
    covered: Rows
    triples: Rows
    predicted: Rows
    losses: Rows
    unsettled: Rows
    searched: Rows
    chosen: Rows
    live: Rows


def browse(frames: Mapping[str, pd.DataFrame]) -> Browsable:
    """All of them, from the tables by the names of the page's options."""
    return Browsable(
        cells=cell_rows(frames["cells"], frames["pairwise"]),
        covered=covered_rows(frames["coverage"], frames["gains"]),
        triples=triple_rows(join(frames["triples-legality"], frames["triples-predicted"])),
        predicted=predicted_rows(frames["sim-cells"]),
        losses=loss_rows(frames["losses"]),
        unsettled=unsettled_rows(frames["revalidation"]),
        searched=plain_rows(frames["search-rates"]),
        chosen=chosen_rows(frames["search-choices"]),
        live=plain_rows(frames["live"]),
    )


def cell_rows(cells: pd.DataFrame, pairwise: pd.DataFrame) -> Rows:
    """One row per measured cell: the committed config and the best one, as paired."""
    best = pairwise[pairwise["best"]].set_index("cell_id")
    ties = pairwise[pairwise["tie"]].groupby("cell_id")["config_id"].nunique()
    rows = cells.set_index("cell_id").sort_values(["E", "N", "K", "top_k", "tokens"])
    rows["best_id"] = best["config_id"]
    rows["best_us"] = best["median_us"]
    rows["ratio"] = best["committed_ratio"]
    rows["low"], rows["high"] = best["committed_low"], best["committed_high"]
    rows["ties"] = ties
    return plain_rows(rows.reset_index())


def covered_rows(coverage: pd.DataFrame, gains: pd.DataFrame) -> Rows:
    """One row per cell with a committed config and dataset that tried it, and what that gained."""
    keys = ["dataset", "cell_id"]
    found = gains[[*keys, "chosen_id", "ratio", "low", "high", "verdict", "marks"]]
    return plain_rows(_by_cell(coverage.merge(found, on=keys, how="left")))


def triple_rows(joined: pd.DataFrame) -> Rows:
    """One row per triple, as ``triples_section.join`` puts them together."""
    return plain_rows(_by_cell(joined))


def predicted_rows(sim_cells: pd.DataFrame) -> Rows:
    """One row per cell: how the whole model, which never saw its layer, orders its configs."""
    wanted = {"dataset": DATASET, "held_out": HELD_OUT, "model": MODEL}
    chosen = sim_cells[[*wanted]].eq(pd.Series(wanted)).all(axis=1)
    return plain_rows(_by_cell(sim_cells[chosen]))


def chosen_rows(choices: pd.DataFrame) -> Rows:
    """One row per run of S1-S8: what it chose beside the fastest and the committed config."""
    return plain_rows(_by_cell(choices))


def loss_rows(losses: pd.DataFrame) -> Rows:
    """One row per cell where the best other config stays behind, losses first."""
    return plain_rows(_by_cell(losses).sort_values("kind", ascending=False, kind="stable"))


def unsettled_rows(revalidation: pd.DataFrame) -> Rows:
    """One row per verdict that does not stand in the second recording."""
    judged = revalidation.dropna(subset="standing")
    return plain_rows(_by_cell(judged[judged["standing"] != Standing.STANDS]))


def _by_cell(frame: pd.DataFrame) -> pd.DataFrame:
    """Sorted by GPU and shape, then by the number of tokens, which the id ends in."""
    parts = frame["cell_id"].str.rpartition("/M")
    order = pd.DataFrame({"shape": parts[0], "tokens": parts[2].astype(int)})
    return frame.loc[order.sort_values(["shape", "tokens"], kind="stable").index]


def plain_rows(frame: pd.DataFrame) -> Rows:
    """Plain values, None where there is none."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")
