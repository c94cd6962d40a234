"""Which configs of a cell have to be measured again: its tie-set and the committed config."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.plan import PLAN

COMMITTED, TIES = "committed", "ties"
KEYS = ["cell_id", "config_id"]


def tie_sets(pairwise: pd.DataFrame) -> pd.DataFrame:
    """cell_id and config_id of every config that cannot be told from its cell's best."""
    found = pairwise.loc[pairwise["tie"], KEYS].drop_duplicates()
    return found.sort_values(KEYS, ignore_index=True)


def plan_ties(pairwise: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """A plan of the ties of each cell with finals and its committed config; schema PLAN.

    The committed config comes first: it is timed again along the cell. All are named as proposed,
    so that a sweep holds its finals over every one of them.
    """
    own = cells.loc[cells["cell_id"].isin(pairwise["cell_id"]), ["cell_id", "committed_id"]]
    own = own.dropna().rename(columns={"committed_id": "config_id"})
    both = pd.concat(
        [own.assign(proposed_by=COMMITTED), tie_sets(pairwise).assign(proposed_by=TIES)]
    )
    named = both.groupby(KEYS, sort=True)["proposed_by"].agg(",".join).reset_index()
    named["later"] = ~named["proposed_by"].str.startswith(COMMITTED)
    plan = named.sort_values(["cell_id", "later", "config_id"], ignore_index=True)
    order = plan.groupby("cell_id").cumcount()
    return plan.assign(order=order, predicted_us=None, model_version=None)[PLAN.names]


def cost_of(plan: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """By cell: trials and seconds of the whole recording, and of the plan's share of it.

    ``trials``: cell_id, config_id and gpu_seconds of TRIALS. Columns trials, tie_trials, seconds,
    tie_seconds.
    """
    planned = pd.MultiIndex.from_frame(plan[KEYS])
    mine = pd.MultiIndex.from_frame(trials[KEYS]).isin(planned)
    seconds = trials["gpu_seconds"].fillna(0.0)
    frame = pd.DataFrame(
        {
            "cell_id": trials["cell_id"],
            "trials": 1,
            "tie_trials": mine.astype(int),
            "seconds": seconds,
            "tie_seconds": seconds * mine,
        }
    )
    return frame.groupby("cell_id", sort=True).sum()
