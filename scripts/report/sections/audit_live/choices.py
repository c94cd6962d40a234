"""What tuners chose in fresh processes: how often the same, how long it took, how far apart."""

from __future__ import annotations

import numpy as np

from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame

_MANY = 5  # restarts from which on flips are counted


def flips(picks: Frame) -> Figure:
    """By tuner, over cells with many restarts: how often the choice is the commonest one."""
    out: Figure = {}
    for tuner, mine in picks[picks["restarts"] >= _MANY].groupby("tuner", sort=True):
        often = mine["restarts"].to_numpy()
        out[str(tuner)] = {
            "cells": len(mine), "restarts": int(often.min()),
            "same": float((mine["same"] * often).sum() / often.sum()),
            "flipping": int((mine["choices"] > 1).sum()),
            "most": int(mine["choices"].max()),
            "named": _weighed(mine, "named"), "decided": _weighed(mine, "decided"),
            "rows": [
                {name: row[name] for name in
                 ("ep", "tokens", "restarts", "choices", "same", "named", "bits", "margin",
                  "config_id")}
                for row in plain_rows(mine)
            ],
        }  # fmt: skip
    return out


def _weighed(cells: Frame, share: str) -> float | None:
    """A share of restarts over all cells; None of a tuner that does not say it."""
    if cells[share].isna().any():
        return None
    often = cells["restarts"].to_numpy()
    return float((cells[share] * often).sum() / often.sum())


def pooled(tunings: Frame) -> list[Figure]:
    """By processes of a tuning, over its cells."""
    out = []
    for _, mine in tunings.groupby("processes", sort=True):
        shares = {name: _weighed(mine, name) for name in ("same", "named", "decided")}
        regret = float(np.exp(np.log(mine["regret"]).mean()))
        out.append({
            "processes": int(mine["processes"].iloc[0]), "cells": len(mine),
            "restarts": int(mine["restarts"].min()), "regret": regret,
            "flipping": int((mine["choices"] > 1).sum()), **shares,
        })  # fmt: skip
    return out


def deviation(cells: Frame) -> Figure:
    """How far processes put two tactics apart: root mean square over cells, here and before."""
    out: Figure = {"cells": len(cells)}
    for name in ("apart", "before"):
        known = cells[name].dropna()
        out[name] = float(np.sqrt((known**2).mean())) if len(known) else None
    often = cells[cells["processes"] >= _MANY]
    out["rows"] = [
        {name: row[name] for name in ("ep", "tokens", "processes", "apart", "before")}
        for row in plain_rows(often)
    ]
    return out


def tuned(picks: Frame) -> Figure:
    """By tuner: cells, choices and failures in fresh processes, median seconds of a tuning."""
    out: Figure = {}
    for tuner, mine in picks.groupby("tuner", sort=True):
        reasons = mine["reason"].dropna()
        seconds = mine["seconds"].dropna()
        out[str(tuner)] = {
            "cells": len(mine), "chose": int(mine["restarts"].sum()),
            "failed": int(mine["failed"].sum()),
            "reason": str(reasons.iloc[0]) if len(reasons) else None,
            "seconds": float(seconds.median()) if len(seconds) else None,
            "ranked": int(mine["ranked"].max()) if mine["ranked"].notna().any() else 0,
        }  # fmt: skip
    return out
