"""What the compiler said of a config: registers, spills, shared memory; an estimate without it.

Facts hang on architecture, scheme and config, not on the shape: one binary serves all shapes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.device import find_device
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table

KEY = ["arch", "scheme", "config_id"]
FACTS = ["registers", "spills", "shared"]
# The same, in the same order, as SPACE and kernels.facts name them.
COMPILED_AS = ["registers", "spills", "shared_bytes"]

# Registers a thread needs besides its accumulators, and for each of those (operands on their way
# to the tensor cores included): a line through the recorded binaries of sm_90, bf16.
_BASE_REGISTERS, _PER_ACCUMULATOR = 40.0, 1.45


def read_facts(spaces: Iterable[Path]) -> pd.DataFrame:
    """Facts of SPACE tables, each (architecture, scheme, config) once; an empty table of none.

    GPUs of one architecture share their binaries, so their tables say the same.
    """
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in KEY})
    parts = [empty.assign(**{name: pd.Series(dtype=float) for name in FACTS})]
    for path in spaces:
        space = read_table(path, SPACE, columns=["device", "scheme", "config_id", *COMPILED_AS])
        known = space[space["registers"].notna()]
        arch = {name: find_device(name).arch for name in known["device"].unique()}
        named = known.rename(columns=dict(zip(COMPILED_AS, FACTS, strict=True)))
        named = named.assign(arch=known["device"].map(arch))
        parts.append(named[[*KEY, *FACTS]].astype(dict.fromkeys(FACTS, float)))
    return pd.concat([part for part in parts if len(part)] or parts).drop_duplicates(KEY)


def look_up(facts: pd.DataFrame, asked: pd.DataFrame, configs: pd.Series) -> pd.DataFrame:
    """Facts of each row (``asked``: arch and scheme), NaN where the compiler was not asked."""
    keys = asked.assign(config_id=configs.to_numpy())
    return keys.merge(facts, on=KEY, how="left", validate="many_to_one")[FACTS]


def fill(asked: pd.DataFrame) -> pd.DataFrame:
    """The questions with what is missing estimated; ``known`` says where nothing was."""
    accumulators = asked["block_m"] * asked["block_n"] / (asked["warps"] * asked["lanes"])
    wanted = _BASE_REGISTERS + _PER_ACCUMULATOR * accumulators
    stage = asked["block_k"] * (
        asked["block_m"] * asked["a_bytes"] + asked["block_n"] * asked["b_bytes"]
    )
    keeps_all = (asked["wide_rows"] > 0) & (asked["block_m"] >= asked["wide_rows"])
    buffers = np.where(keeps_all, asked["stages"], (asked["stages"] - 1).clip(lower=1))
    return asked.assign(
        known=asked["registers"].notna().astype(float),
        registers=asked["registers"].fillna(wanted.clip(upper=asked["warp_registers"])),
        spills=asked["spills"].fillna((wanted - asked["warp_registers"]).clip(lower=0)),
        shared=asked["shared"].fillna(stage * buffers),
    )
