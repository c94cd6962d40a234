"""How well representatives stand for what they leave out, and formulas for the compiler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from kernels.formats import Format
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Device
from scripts.lib.schemas.space import SPACE_SAMPLE, Rejection
from scripts.space.judge import compiler_says, gate_up
from scripts.space.prefilter import prefilter
from scripts.space.representatives import representative
from scripts.space.spaces import frame_of
from scripts.space.targets import device_of, find_form

_COMPARED = {"shared": "shared_bytes", "registers": "registers", "spills": "spills"}
_KEYS = {"group_size_m": "GROUP_SIZE_M", "waves_per_eu": "waves_per_eu", "kpack": "kpack"}


def compare_samples(compiled: pd.DataFrame) -> pd.DataFrame:
    """Rows of SPACE_SAMPLE, sorted, for the drawn binaries among COMPILED rows."""
    rows: list[dict[str, Any]] = []
    for (arch, scheme), mine in compiled.groupby(["arch", "scheme"], sort=True):
        names = {"arch": arch, "scheme": scheme}
        found = _of_pair(mine, device_of(str(arch)), find_form(str(scheme)))
        rows += [names | row for row in found]
    return pd.DataFrame(rows, columns=SPACE_SAMPLE.names)


def refused_by_formula(binaries: pd.DataFrame, device: Device, form: Format) -> pd.Series:
    """Whether the prefilter rejects each of a pair's COMPILED rows."""
    frame = frame_of([parse_id(config_id) for config_id in binaries["config_id"]])
    reasons = prefilter(frame, device, form)
    # What straddles scale blocks was compiled as the config that the runtimes make of it.
    refused = reasons.notna() & (reasons != Rejection.SCALE_BLOCK.value)
    return pd.Series(refused.to_numpy(), index=binaries.index)


def _of_pair(binaries: pd.DataFrame, device: Device, form: Format) -> Iterator[dict[str, Any]]:
    drawn = binaries[binaries["drawn"] & ~refused_by_formula(binaries, device, form)]
    configs = [parse_id(config_id) for config_id in drawn["config_id"]]
    sampled = drawn.assign(
        differs=[
            _difference(c, gemm, form) for c, gemm in zip(configs, drawn["gemm"], strict=True)
        ],
        legal=compiler_says(drawn, device).isna(),
        stands=[representative(config, form).id for config in configs],
    )
    plain = gate_up(binaries, device.arch, form.name)
    plain = plain.assign(legal=compiler_says(plain, device).isna())
    for name, rows in sampled.groupby("differs", sort=True):
        both = rows.merge(plain, left_on="stands", right_index=True, suffixes=("", "_plain"))
        if not both.empty:
            yield {"differs": name, **_agreement(both)}


def _difference(config: Config, gemm: str, form: Format) -> str:
    if gemm == "down":
        return "down GEMM"
    plain = representative(config, form)
    return ", ".join(
        f"{key}={getattr(config, name)}"
        for name, key in _KEYS.items()
        if getattr(config, name) != getattr(plain, name)
    )


def _agreement(both: pd.DataFrame) -> dict[str, int]:
    row = {"binaries": len(both), "legality": int((both["legal"] == both["legal_plain"]).sum())}
    for short, fact in _COMPARED.items():
        one, other = both[fact], both[f"{fact}_plain"]
        distance = (one - other).abs()
        row[short] = int(((distance == 0).fillna(False) | (one.isna() & other.isna())).sum())
        row[f"largest_{short}"] = int(distance.max()) if distance.notna().any() else 0
    return row
