"""Committed rows whose GPU's legal configs are known: choices that tuners made on that GPU."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.schemas.foreseen import CHOSEN_ROWS, OUTSIDE
from scripts.lib.schemas.history import Status

KEY = ["device", "scheme", "file", "tokens", "cell_id", "config_id", "censored"]


def chosen_rows(
    history: pd.DataFrame,
    shapes: pd.DataFrame,
    spaces: Mapping[tuple[str, str], pd.DataFrame],
    most: int,
    measured: Collection[str],
) -> pd.DataFrame:
    """CHOSEN_ROWS, sorted. ``history``: HISTORY; ``shapes``: SHAPES; ``spaces``: SPACE tables by
    GPU and number formats; ``most``: legal rows of a file that are asked for, those first of which
    ``measured`` has the cell, named without the GPU.

    Rows of files that the loader cannot ask for, or of another kernel, are no choices of this one.
    InputError if a layer has no shape.
    """  # noqa: D205
    usable = (history["status"] == Status.CONFIG) & history["reachable"].astype(bool)
    rows = history[usable & (history["backend"] == "")]
    known = pd.MultiIndex.from_tuples(list(spaces), names=["device", "scheme"])
    rows = rows[pd.MultiIndex.from_frame(rows[["device", "scheme"]]).isin(known)]
    rows = rows.assign(
        tokens=rows["batch"].astype(int),
        censored=rows["censored"].notna(),
        cell_id=_cells(rows, shapes),
    )
    parts = [
        own.assign(reason=_reasons(own["config_id"], spaces[str(device), str(scheme)]))
        for (device, scheme), own in rows.groupby(["device", "scheme"], sort=True)
    ]
    if not parts:
        raise InputError("--spaces: none is of a GPU and number formats of a committed file")
    found = pd.concat(parts).sort_values(["device", "scheme", "file", "tokens"], ignore_index=True)
    return found.assign(asked=_asked(found, most, measured))[CHOSEN_ROWS.names]


def _cells(rows: pd.DataFrame, shapes: pd.DataFrame) -> pd.Series:
    key = ["E", "N", "scheme"]
    ids = shapes.drop_duplicates(key).set_index(key)["shape_id"]
    wanted = zip(rows["E"].astype(int), rows["N"].astype(int), rows["scheme"], strict=True)
    found = pd.Series([ids.get(one) for one in wanted], rows.index)
    if found.isna().any():
        raise InputError(f"--shapes: no layer of {rows.loc[found.isna(), 'file'].iloc[0]}")
    return rows["device"] + "/" + found + "/M" + rows["batch"].astype(int).astype(str)


def _reasons(configs: pd.Series, space: pd.DataFrame) -> pd.Series:
    """Why each is not legal; None for those that are."""
    why = space["reason"].where(~space["legal"], None)
    by_id = dict(zip(space["config_id"], why, strict=True))
    found = [by_id.get(one, OUTSIDE) for one in configs]
    return pd.Series(found, configs.index, dtype=object).where(lambda one: one.notna(), None)


def _asked(rows: pd.DataFrame, most: int, measured: Collection[str]) -> pd.Series:
    """``most`` legal rows of each file, evenly spaced; where they begin, the file's name says.

    Of a file with as many measured ones only these.
    """
    legal = rows["reason"].isna()
    there = legal & rows["cell_id"].str.partition("/")[2].isin(measured)
    enough = there.groupby(rows["file"]).transform("sum") >= most
    open_ones = there | (legal & ~enough)
    place = rows[open_ones].groupby("file").cumcount()
    size = place.groupby(rows["file"]).transform("size")
    first = rows["file"].map(lambda name: zlib.crc32(name.encode()) / 2**32)
    # Row i of n is asked for if a whole number lies in [i, i + 1) * most / n, moved by ``first``.
    step = (most / size).clip(upper=1.0)
    moved = (place * step + first[open_ones]).round(9)
    ends = ((place + 1) * step + first[open_ones]).round(9)
    picked = (ends.floordiv(1) > moved.floordiv(1)) | (step == 1.0)
    return picked.reindex(rows.index, fill_value=False)
