"""Which binaries a (architecture, scheme) needs: representatives, committed configs, samples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kernels.formats import SCHEMES, Format
from kernels.variant import Variant
from scripts.lib.carry import carried_over
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Device, Vendor
from scripts.lib.schemas.space import Rejection
from scripts.space.prefilter import prefilter
from scripts.space.prune import prune
from scripts.space.representatives import launched, representatives
from scripts.space.shared_memory import least_shared_bytes
from scripts.space.spaces import frame_of, published_space
from scripts.space.targets import device_of, find_form

UP, DOWN = "up", "down"
# Assignments that share a row of A in the gate-up GEMM; a constant of the binary, and 8 is the
# commonest number of experts per token in the corpus.
SHARE = 8
# Of these the whole space is compiled, what formulas reject as well.
WHOLE = {("sm_90", "bf16"), ("gfx942", "fp8_w8a8")}
# Binaries drawn at random for each parameter that representatives leave out, and refused ones.
DRAWN = 6
REFUSED = 5
# Rejections by formula that a compiler can be asked to confirm.
_CONFIRMABLE = {
    Rejection.SCHEME_UNSUPPORTED.value, Rejection.MMA_MINIMUM.value,
    Rejection.MICROSCALE_FLOOR.value, Rejection.SHARED_MEMORY.value,
}  # fmt: skip


@dataclass(frozen=True)
class Binary:
    """One binary to compile. ``drawn``: at random, beside what the space needs."""

    arch: str
    scheme: str
    config: Config
    gemm: str = UP
    drawn: bool = False

    @property
    def variant(self) -> Variant:
        """What it is compiled for, besides its config."""
        down = self.gemm == DOWN
        return Variant(self.scheme, share=1 if down else SHARE, weighted=down)


def binaries_of(arch: str, scheme: str, committed: Iterable[Config]) -> list[Binary]:
    """All binaries of a pair, each once; ``committed`` are configs of the scheme's files."""
    device, form = device_of(arch), find_form(scheme)
    space = published_space(device.vendor, form)
    reasons = prefilter(space, device, form)
    searched = _searched(space, device, form)
    wanted = (reasons.isna() & searched) | ((arch, scheme) in WHOLE)
    _, needed = representatives(space[wanted], form)
    found = dict.fromkeys(Binary(arch, scheme, config) for config in needed)
    known = set(needed)
    for config in _committed(committed, device, form):
        if config not in known:
            found[Binary(arch, scheme, config)] = None
    seed = hashlib.sha256(f"{arch}-{scheme}".encode()).digest()[:8]
    random = np.random.default_rng(int.from_bytes(seed))
    legal = space[reasons.isna() & searched]
    drawn = [*_varied(legal, device, form, random), *_refused(space, reasons, device, form, random)]
    for config, gemm in drawn:
        if not (gemm == UP and Binary(arch, scheme, config) in found):
            found[Binary(arch, scheme, config, gemm, drawn=True)] = None
    return list(found)


def committed_binaries(arch: str, scheme: str, configs: Iterable[Config]) -> list[Binary]:
    """Binaries of committed configs alone; none for a scheme that no kernel serves."""
    if scheme not in SCHEMES:
        return []
    carried = _committed(configs, device_of(arch), find_form(scheme))
    return [Binary(arch, scheme, config) for config in carried]


def _searched(space: pd.DataFrame, device: Device, form: Format) -> pd.Series:
    if device.vendor is Vendor.NVIDIA:
        return pd.Series(True, index=space.index)
    return prune(space, form).isna()


def _committed(configs: Iterable[Config], device: Device, form: Format) -> list[Config]:
    """Carried to the device as the runtimes can take them.

    Those that need too much shared memory by the formula are among them, since much is said of
    committed configs and the compiler's word is the better one; others that it rejects are not.
    """
    carried = {launched(carried_over(config, device), form) for config in configs}
    ordered = sorted(carried, key=lambda config: config.id)
    reasons = prefilter(frame_of(ordered), device, form)
    kept = reasons.isna() | (reasons == Rejection.SHARED_MEMORY.value)
    return [config for config, keep in zip(ordered, kept, strict=True) if keep]


def _varied(
    legal: pd.DataFrame, device: Device, form: Format, random: np.random.Generator
) -> Iterator[tuple[Config, str]]:
    """Representatives with one left-out parameter put back, and down GEMMs."""
    if legal.empty:
        return
    _, configs = representatives(legal, form)
    changes: list[dict[str, int]] = [{"group_size_m": 32}, {"group_size_m": 16}]
    if device.vendor is Vendor.AMD:
        changes += [{"waves_per_eu": waves} for waves in (1, 2, 4)]
        changes += [{"kpack": 2}] if "kpack" in legal and legal["kpack"].notna().any() else []
    for change in changes:
        for index in random.choice(len(configs), min(DRAWN, len(configs)), replace=False):
            yield replace(configs[index], **change), UP
    for index in random.choice(len(configs), min(DRAWN, len(configs)), replace=False):
        yield configs[index], DOWN


def _refused(
    space: pd.DataFrame,
    reasons: pd.Series,
    device: Device,
    form: Format,
    random: np.random.Generator,
) -> Iterator[tuple[Config, str]]:
    """Configs that a formula rejects: the closest calls on shared memory, and any."""
    refused = space[reasons.isin(_CONFIRMABLE)]
    if refused.empty:
        return
    ids, _ = representatives(refused, form)
    least = least_shared_bytes(refused, device.arch, form)
    table = pd.DataFrame({"id": ids, "least": least}).drop_duplicates("id")
    close = table.sort_values(["least", "id"])["id"].head(REFUSED)
    others = random.choice(np.sort(table["id"].to_numpy()), min(REFUSED, len(table)), replace=False)
    for config_id in dict.fromkeys([*close, *others]):
        yield parse_id(config_id), UP
