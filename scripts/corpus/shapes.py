"""Shapes of the history, each joined to the model whose layer it most likely is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.corpus.fit import fits
from scripts.corpus.models import Models
from scripts.corpus.triples import entries
from scripts.lib.schemas.corpus import SHAPE_KEY, SHAPES
from scripts.lib.shape import Shape

_JOINED = ["shape_id", "K", "top_k", "model", "split", "degree", "assumed", "alternatives"]


def make_shapes(history: pd.DataFrame, models: Models) -> pd.DataFrame:
    """One row per shape (SHAPES)."""
    grouped = entries(history).groupby([*SHAPE_KEY, "scheme"], as_index=False)
    shapes = grouped.agg(
        files=("file", "nunique"), rows=("file", "size"), first_seen=("first_commit_date", "min")
    )
    joined = [
        _join(int(E), int(N), scheme, seen, models)
        for E, N, scheme, seen in zip(
            shapes["E"], shapes["N"], shapes["scheme"], shapes["first_seen"], strict=True
        )
    ]
    columns = pd.DataFrame(joined, shapes.index, _JOINED).astype({"degree": "Int64"})
    return pd.concat([shapes, columns], axis=1)[SHAPES.names]


def _join(E: int, N: int, scheme: str, seen: pd.Timestamp, models: Models) -> dict[str, Any]:
    found = fits(models.models, E, N, 12 * seen.year + seen.month)
    best = found[0] if found else None
    K = best.model.hidden if best else models.default.hidden
    top_k = best.model.top_k if best else models.default.top_k
    return {
        "shape_id": Shape(E, N, K, top_k, scheme).id,
        "K": K,
        "top_k": top_k,
        "model": best.model.name if best else None,
        "split": best.split if best else None,
        "degree": best.degree if best else None,
        "assumed": best is None,
        "alternatives": "; ".join(fit.text for fit in found[1:]),
    }
