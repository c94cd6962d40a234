"""Triples of a device pair: the source's config, judged on a target that is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import pandas as pd

from kernels.formats import SCHEMES, Format
from scripts.lib.carry import carried_over
from scripts.lib.config import parse_id
from scripts.lib.device import Device, Vendor
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.corpus import SHAPE_KEY
from scripts.lib.schemas.space import TRIPLES_LEGALITY
from scripts.lib.shape import Cell, parse_shape
from scripts.space.prune import searched_for_layer
from scripts.space.spaces import published_space

# (config ids, scheme) -> verdicts indexed by config id.
Judge = Callable[[Iterable[str], str], pd.DataFrame]


def judge_triples(
    triples: pd.DataFrame, shapes: pd.DataFrame, target: Device, judge: Judge
) -> pd.DataFrame:
    """Rows of TRIPLES_LEGALITY, sorted by cell, for triples that all go to ``target``.

    Triples of a foreign kernel, which have no config, are left out.
    """
    both = triples.dropna(subset=["source_config_id", "target_config_id"])
    rows = both.merge(shapes[[*SHAPE_KEY, "scheme", "shape_id"]], on=[*SHAPE_KEY, "scheme"])
    cells = [
        Cell(target.name, parse_shape(shape), int(batch))
        for shape, batch in zip(rows["shape_id"], rows["batch"], strict=True)
    ]
    carried = [carried_over(parse_id(text), target).id for text in rows["source_config_id"]]
    frame = rows.assign(
        cell_id=[cell.id for cell in cells],
        carried_config_id=carried,
        carried_searched=_searched(carried, cells, target),
        target_searched=_searched(rows["target_config_id"], cells, target),
        outcome=Outcome.NOT_MEASURED.value,
        outcome_reason=NotMeasured.DEVICE_ABSENT.value,
    )
    parts = [_judged(part, judge(_ids(part), str(scheme))) for scheme, part in _schemes(frame)]
    judged = pd.concat(parts, ignore_index=True) if parts else frame.reindex(columns=NAMES)
    order = ["cell_id", "source_file", "target_file"]
    return judged.sort_values(order, ignore_index=True)[NAMES]


NAMES = TRIPLES_LEGALITY.names


def _schemes(frame: pd.DataFrame) -> Iterable[tuple[object, pd.DataFrame]]:
    return frame.groupby("scheme", sort=True)


def _ids(frame: pd.DataFrame) -> list[str]:
    return [*frame["carried_config_id"], *frame["target_config_id"]]


def _judged(frame: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    carried = verdicts.loc[frame["carried_config_id"]]
    return frame.assign(
        legal=carried["legal"].to_numpy(),
        stage=carried["stage"].to_numpy(),
        reason=carried["reason"].to_numpy(),
        target_legal=verdicts.loc[frame["target_config_id"], "legal"].to_numpy(),
    )


def _searched(ids: Iterable[str], cells: list[Cell], device: Device) -> list[bool]:
    return [is_searched(one, cell, device) for one, cell in zip(ids, cells, strict=True)]


@cache
def _places(vendor: Vendor, form: Format) -> dict[str, int]:
    return {name: place for place, name in enumerate(published_space(vendor, form)["config_id"])}


def is_searched(config_id: str, cell: Cell, device: Device) -> bool:
    """Whether the published search on the device would try this config on the cell."""
    if cell.shape.scheme not in SCHEMES:
        return False
    form, shape = SCHEMES[cell.shape.scheme], cell.shape
    place = _places(device.vendor, form).get(config_id)
    if place is None or device.vendor is Vendor.NVIDIA:
        return place is not None
    one = published_space(device.vendor, form).iloc[[place]]
    rows = cell.tokens * shape.top_k
    return bool(searched_for_layer(one, form, rows, shape.intermediate, shape.hidden)[0])
