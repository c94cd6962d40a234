"""The published search spaces (scripts.lib.search_space) as frames, one column per parameter."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cache

import pandas as pd

from kernels.formats import Format
from scripts.lib.config import ALL_KEYS, Config
from scripts.lib.device import Vendor
from scripts.lib.search_space import is_narrow, searched_ranges

_ATTRIBUTES = dict(ALL_KEYS.values())


def published_space(vendor: Vendor, form: Format) -> pd.DataFrame:
    """All configs in ascending order: ``config_id`` and one nullable integer column a parameter.

    NVIDIA 1,920; ROCm 8,000 for narrow schemes and 40,000 for the others. Not to be changed in
    place: it is made once.
    """
    return _product(vendor, vendor is Vendor.AMD and is_narrow(form))


@cache
def _product(vendor: Vendor, narrow: bool) -> pd.DataFrame:
    ranges = searched_ranges(vendor, narrow)
    frame = pd.DataFrame(itertools.product(*ranges.values()), columns=list(ranges))
    return _with_ids(frame)


def frame_of(configs: Iterable[Config]) -> pd.DataFrame:
    """The same columns for any configs, in their order."""
    rows = [{name: getattr(config, name) for name in _ATTRIBUTES} for config in configs]
    return _with_ids(pd.DataFrame(rows, columns=list(_ATTRIBUTES)))


def _with_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Add absent parameters as empty, and the ids as scripts.lib.config.Config writes them."""
    whole = frame.reindex(columns=list(_ATTRIBUTES)).astype("Int64")
    ids = pd.Series("", index=whole.index, dtype=object)
    for name, letter in _ATTRIBUTES.items():
        part = f"-{letter}" + whole[name].astype("string")
        ids += part.fillna("").astype(object)
    return whole.assign(config_id=ids.str[1:])
