"""Sections of the summary on which configs are legal on which GPU."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from scripts.lib.schemas.space import Stage

Section = dict[str, Any]
TOTALS = ("enumerated", "pruned", "prefiltered", "legal", "naive_formula")
BY_KEY = ("binaries", "triton", "whole_space", "refused_sample")
AGREEMENTS = ("legality", "shared", "registers", "spills")
DIFFERENCES = ("largest_shared", "largest_registers", "largest_spills")


def space(counts: pd.DataFrame, configs: pd.DataFrame) -> Section:
    """Per GPU and scheme: configs enumerated, left by each stage, legal, and why others not.

    ``counts``: SPACE_COUNTS; a quantity that a space does not have is left out. ``configs``: SPACE
    of spaces among them, whose facts stand as ``compiler``.
    """
    out: Section = {}
    for key, rows in counts.groupby(["device", "scheme"], sort=True):
        device, scheme = (str(part) for part in key)
        found = {name: _by_key(rows, name) for name in (*TOTALS, *BY_KEY)}
        out.setdefault(device, {})[scheme] = {
            **{name: found[name][""] for name in TOTALS if found[name]},
            **{name: found[name] for name in BY_KEY if found[name]},
            "reasons": _by_key(rows, "reason"),
        }
    for key, rows in configs.groupby(["device", "scheme"], sort=True):
        device, scheme = (str(part) for part in key)
        out[device][scheme]["compiler"] = _compiler(rows)
    return out


def _by_key(counts: pd.DataFrame, quantity: str) -> dict[str, int]:
    rows = counts[counts["quantity"] == quantity].sort_values("key")
    return {str(row["key"]): int(row["value"]) for row in rows.to_dict("records")}


def _compiler(configs: pd.DataFrame) -> Section:
    """What the compiler says of one space: facts of the legal configs, and what it refuses."""
    legal = configs[configs["legal"]]
    refused = configs[configs["stage"] == Stage.COMPILER].dropna(subset=["compiled_as"])
    by_reason = refused.groupby("reason")["compiled_as"].unique()
    by_stage: Section = {}
    for (stage, reason), rows in configs.groupby(["stage", "reason"], sort=True):
        by_stage.setdefault(str(stage), {})[str(reason)] = len(rows)
    return {
        "rejected_by": by_stage,
        **{name: _spread(legal[name]) for name in ("registers", "shared_bytes", "occupancy")},
        "spilling": int((legal["spills"] > 0).sum()),
        "refused_binaries": {str(reason): sorted(ids) for reason, ids in by_reason.items()},
    }


def _spread(values: pd.Series) -> Section:
    known = values.dropna().astype(float)
    return {name: float(getattr(known, name)()) for name in ("median", "min", "max")}


def space_sample(sample: pd.DataFrame) -> Section:
    """``[arch][scheme][what differs]``: binaries drawn, how many agree, largest differences."""
    out: Section = {}
    for row in sample.sort_values(["arch", "scheme", "differs"]).to_dict("records"):
        entry = {name: int(row[name]) for name in ("binaries", *AGREEMENTS, *DIFFERENCES)}
        out.setdefault(row["arch"], {}).setdefault(row["scheme"], {})[row["differs"]] = entry
    return out


def legality(table: pd.DataFrame) -> Section:
    """``["SRC->DST"][scheme]``: committed configs, legal as they stand and when carried."""
    out: Section = {}
    for row in table.sort_values(["source", "target", "scheme"]).to_dict("records"):
        pair = out.setdefault(f"{row['source']}->{row['target']}", {})
        pair[row["scheme"]] = {
            **{name: int(row[name]) for name in ("configs", "legal", "legal_carried")},
            "reasons": json.loads(row["reasons"]),
        }
    return out
