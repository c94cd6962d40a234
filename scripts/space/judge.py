"""Legal or not, and why: formulas first, then the compiler's word on the config's binary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kernels.formats import Format
from scripts.lib.device import Device
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.space import COMPILED, FACT_NAMES, Rejection, Stage
from scripts.lib.tables import read_table
from scripts.space.prefilter import prefilter

VERDICT = ["legal", "stage", "reason", "compiled_as", *FACT_NAMES]


def read_compiled(paths: Iterable[Path]) -> pd.DataFrame:
    """All rows of COMPILED tables. InputError if two of them hold the same binary."""
    parts = [read_table(path, COMPILED) for path in paths]
    frame = pd.concat([part for part in parts if not part.empty], ignore_index=True)
    twice = frame.duplicated(["arch", "scheme", "config_id", "gemm"])
    if twice.any():
        row = frame[twice].iloc[0]
        raise InputError(
            f"{row['arch']}, {row['scheme']}: {row['config_id']} ({row['gemm']}) is in two of the "
            "compiled tables; give each once"
        )
    return frame


def gate_up(compiled: pd.DataFrame, arch: str, scheme: str) -> pd.DataFrame:
    """The gate-up binaries of a pair that were not drawn at random, by config id."""
    mine = (compiled["arch"] == arch) & (compiled["scheme"] == scheme)
    wanted = mine & (compiled["gemm"] == "up") & ~compiled["drawn"]
    return compiled[wanted].set_index("config_id")


def judge(
    configs: pd.DataFrame,
    binaries: pd.Series,
    device: Device,
    form: Format,
    compiled: pd.DataFrame,
) -> pd.DataFrame:
    """VERDICT columns, row by row of a frame of configs.

    ``binaries``: config id of the binary that stands for each. ``compiled``: of ``gate_up``.
    """
    found = compiled.reindex(binaries)
    found.index = configs.index
    stage = pd.Series(None, index=configs.index, dtype=object)
    reason = prefilter(configs, device, form)
    by_formula = reason.notna()
    stage[by_formula] = Stage.PREFILTER.value
    by_compiler = compiler_says(found, device)
    late = by_compiler.notna() & ~by_formula
    stage[late] = Stage.COMPILER.value
    reason = reason.where(~late, by_compiler)
    # An id by itself would promise facts that are not there.
    known = found["outcome"].notna()
    return pd.DataFrame(
        {
            "legal": reason.isna(),
            "stage": stage,
            "reason": reason,
            "compiled_as": binaries.set_axis(configs.index).where(known, None),
            **{name: found[name] for name in FACT_NAMES},
        }
    )


def compiler_says(found: pd.DataFrame, device: Device) -> pd.Series:
    """Reason of each row of COMPILED, empty ones where nothing was compiled; or empty."""
    reason = pd.Series(None, index=found.index, dtype=object)
    outcome = found["outcome"]
    too_much = found["shared_bytes"].fillna(0) > device.shared_bytes
    reason[too_much.to_numpy(bool)] = Rejection.SHARED_MEMORY.value
    reason[outcome == Outcome.COMPILE_ERROR.value] = Rejection.COMPILE_ERROR.value
    died = found["reason"].astype("string").str.startswith("died").fillna(False)
    reason[died.to_numpy(bool)] = Rejection.COMPILER_CRASH.value
    reason[outcome == Outcome.TIMEOUT.value] = Rejection.COMPILER_HANG.value
    reason[outcome.isna()] = Rejection.NOT_COMPILED.value
    return reason
