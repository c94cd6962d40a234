"""A question is a config on a cell; a table of them holds every number that the model reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.config import ROCM_KEYS, ConfigError, parse_id
from scripts.lib.device import Vendor, find_device
from scripts.lib.files import InputError
from scripts.lib.shape import parse_cell
from scripts.sim import facts as compiler
from scripts.sim.model.hardware import hardware

CONFIG = {
    "block_m": "block_size_m",
    "block_n": "block_size_n",
    "block_k": "block_size_k",
    "group_m": "group_size_m",
    "warps": "num_warps",
    "stages": "num_stages",
    "waves": "waves_per_eu",
    "nonkdim": "matrix_instr_nonkdim",
    "kpack": "kpack",
}
_CHECKED = ["vendor", "rocm_keys"]  # read while asking, no numbers


def ask(cells: pd.Series, configs: pd.Series, facts: pd.DataFrame) -> pd.DataFrame:
    """One row of float64 numbers for each (cell id, config id), in the order given.

    Columns: E, N, K, top_k, tokens; those of CONFIG, 0 where a vendor's key is absent; the fields
    of Hardware; registers, spills and shared, the compiler's or else estimated, and ``known``, 1
    where they are the compiler's. Raises InputError naming an id that cannot be read.
    """
    of_cell, cell_codes = _distinct(cells, _cell_numbers)
    of_config, config_codes = _distinct(configs, _config_numbers)
    asked = pd.concat(
        [
            of_cell.iloc[cell_codes].reset_index(drop=True),
            of_config.iloc[config_codes].reset_index(drop=True),
        ],
        axis=1,
    )
    _refuse_foreign(asked, configs)
    # A tile is no longer than a scale block: the launch cuts it (kernels.variant.effective).
    cut = asked["rescaled"].where(asked["rescaled"] > 0, np.inf)
    asked["block_k"] = asked["block_k"].clip(upper=cut)
    named = compiler.look_up(facts, asked[["arch", "scheme"]], configs)
    return compiler.fill(
        pd.concat([asked.drop(columns=["arch", "scheme", *_CHECKED]), named], axis=1)
    )


def _refuse_foreign(asked: pd.DataFrame, configs: pd.Series) -> None:
    foreign = asked["rocm_keys"] & (asked["vendor"] != Vendor.AMD)
    if foreign.any():
        raise InputError(
            f"{configs[foreign.to_numpy()].iloc[0]}: {', '.join(ROCM_KEYS)} are read by AMD's"
            " compiler only; leave them out for a GPU of another vendor"
        )


def _distinct(ids: pd.Series, read: Callable[[str], dict[str, Any]]) -> tuple[pd.DataFrame, Any]:
    codes, names = pd.factorize(ids)
    try:
        return pd.DataFrame([read(name) for name in names]), codes
    except (ValueError, ConfigError) as error:
        raise InputError(str(error)) from error


def _cell_numbers(text: str) -> dict[str, Any]:
    cell = parse_cell(text)
    shape, device = cell.shape, find_device(cell.device)
    sizes = {
        "E": shape.experts, "N": shape.intermediate, "K": shape.hidden,
        "top_k": shape.top_k, "tokens": cell.tokens,
    }  # fmt: skip
    for name, value in sizes.items():
        if value < 1:
            raise InputError(f"{text}: {name} is {value}; the least is 1")
    if shape.top_k > shape.experts:
        raise InputError(f"{text}: top_k is {shape.top_k}, but there are {shape.experts} experts")
    numbers = {name: float(value) for name, value in sizes.items()}
    return numbers | vars(hardware(device, shape.scheme)) | {
        "arch": device.arch, "scheme": shape.scheme, "vendor": device.vendor,
    }  # fmt: skip


def _config_numbers(text: str) -> dict[str, Any]:
    config = parse_id(text)
    numbers = {name: float(getattr(config, field) or 0) for name, field in CONFIG.items()}
    return numbers | {"rocm_keys": config != config.without_vendor_keys()}
