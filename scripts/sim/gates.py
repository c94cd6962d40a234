"""The two gates a candidate model must pass, and the locked numbers behind them.

Gate one: on shapes that neither model has seen, the candidate orders configs at least as well by
rank correlation and by top-8 regret, and better by one of them. Gate two: in no class of shapes
(regime of M, scheme, class of E) is it worse beyond a band. The numbers stand in gates.json, whose
hash goes into every decision; a model is only followed by one judged under the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, read_json, sha256

SPEC = Path(__file__).with_name("gates.json")
MEASURES = ("spearman", "regret_8")


@dataclass(frozen=True)
class Gates:
    """The numbers of a spec file and its hash."""

    spec: dict[str, Any]
    hash: str

    @classmethod
    def read(cls, path: Path = SPEC) -> Gates:
        """InputError if the file lacks a part."""
        spec = read_json(path)
        needed = ("gate_one", "gate_two", "regimes", "expert_classes")
        missing = [name for name in needed if name not in spec]
        if missing:
            raise InputError(f"{path}: lacks {', '.join(missing)}; restore the file")
        return cls(spec, sha256(path))

    def classes(self, cells: pd.DataFrame) -> pd.Series:
        """Class of each row (columns tokens, scheme, experts): for example decode/bf16/few."""
        regime = cells["tokens"].map(lambda value: _class(self.spec["regimes"], value))
        experts = cells["experts"].map(lambda value: _class(self.spec["expert_classes"], value))
        return regime + "/" + cells["scheme"] + "/" + experts


def _class(bounds: list[dict[str, Any]], value: int) -> str:
    """The first class whose upper bound holds the value; the last has none."""
    for entry in bounds:
        most = next(bound for name, bound in entry.items() if name.startswith("most_"))
        if most is None or value <= most:
            return str(entry["name"])
    raise InputError(f"gates: no class holds {value}; the last class must have no bound")


def gate_one(unseen: pd.DataFrame, gates: Gates) -> list[str]:
    """Reasons against a candidate; none if it is better on shapes that neither model has seen.

    ``unseen``: one row a cell, with each of MEASURES as <measure>_before and <measure>_after.
    """
    if unseen.empty:
        return ["no shape is new to the current model, so none can be held out: measure one"]
    before, after = _means(unseen, "before"), _means(unseen, "after")
    least = gates.spec["gate_one"]
    gain = {
        "spearman": after["spearman"] - before["spearman"],
        "regret_8": before["regret_8"] - after["regret_8"],
    }
    reasons = [
        f"{name} on unseen shapes: {before[name]:.4f} before, {after[name]:.4f} after"
        for name in MEASURES
        if gain[name] < least[f"{name}_gain"]
    ]
    if not reasons and max(gain.values()) <= 0:
        reasons = ["no better on unseen shapes than the current model"]
    return reasons


def gate_two(cells: pd.DataFrame, gates: Gates) -> list[str]:
    """Reasons against a candidate: classes that are worse beyond the band.

    ``cells``: as for gate one, with tokens, scheme and experts.
    """
    band = gates.spec["gate_two"]
    reasons = []
    for name, rows in cells.groupby(gates.classes(cells)):
        before, after = _means(rows, "before"), _means(rows, "after")
        loss = {
            "spearman": before["spearman"] - after["spearman"],
            "regret_8": after["regret_8"] - before["regret_8"],
        }
        reasons += [
            f"{name}: {measure} {before[measure]:.4f} before, {after[measure]:.4f} after,"
            f" band {band[f'{measure}_loss']}"
            for measure in MEASURES
            if loss[measure] > band[f"{measure}_loss"]
        ]
    return reasons


def _means(cells: pd.DataFrame, when: str) -> dict[str, float]:
    return {name: float(cells[f"{name}_{when}"].mean()) for name in MEASURES}
