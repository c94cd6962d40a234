"""The prefilter's reasons, its formula, and that it rejects nothing that the compiler accepts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.formats import SCHEMES
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Device, find_device
from scripts.lib.schemas.space import Rejection
from scripts.space.binaries import WHOLE
from scripts.space.judge import compiler_says
from scripts.space.prefilter import prefilter
from scripts.space.representatives import representatives
from scripts.space.sample import refused_by_formula
from scripts.space.shared_memory import both_tiles_bytes, least_shared_bytes
from scripts.space.spaces import frame_of, published_space
from scripts.space.targets import device_of

H200, A100, MI300X = (find_device(name) for name in ("H200", "A100-SXM4-80GB", "MI300X"))
PLAIN = Config(64, 128, 64, 1, 4, 3)


def reason(config: Config, device: Device, scheme: str) -> str | None:
    return prefilter(frame_of([config]), device, SCHEMES[scheme]).replace({np.nan: None})[0]


@pytest.mark.parametrize(
    ("config", "device", "scheme", "expected"),
    [
        (PLAIN, H200, "bf16", None),
        (PLAIN, A100, "fp8_w8a8", Rejection.SCHEME_UNSUPPORTED),
        (replace(PLAIN, waves_per_eu=0), H200, "bf16", Rejection.FOREIGN_KEY),
        (replace(PLAIN, waves_per_eu=0), MI300X, "bf16", None),
        (replace(PLAIN, block_size_n=48), H200, "bf16", Rejection.NOT_POWER_OF_TWO),
        (replace(PLAIN, block_size_k=8), H200, "bf16", Rejection.MMA_MINIMUM),
        (replace(PLAIN, block_size_k=16), H200, "fp8_w8a8", Rejection.MMA_MINIMUM),
        (replace(PLAIN, block_size_k=16), MI300X, "fp8_w8a8", None),
        (replace(PLAIN, block_size_k=16), H200, "mxfp4_w4a16", Rejection.MICROSCALE_FLOOR),
        (replace(PLAIN, block_size_k=256), H200, "fp8_w8a8_b128x128", Rejection.SCALE_BLOCK),
        (replace(PLAIN, block_size_k=256), H200, "int4_w4a16", None),
        (Config(256, 256, 128, 1, 8, 3), H200, "bf16", Rejection.SHARED_MEMORY),
        (Config(256, 256, 128, 1, 8, 3), H200, "mxfp4_w4a4", None),
        (PLAIN, MI300X, "bf16", None),
        (replace(PLAIN, num_stages=4), MI300X, "bf16", Rejection.SHARED_MEMORY),
    ],
)
def test_reasons(config: Config, device: Device, scheme: str, expected: Rejection | None) -> None:
    assert reason(config, device, scheme) == expected


@pytest.mark.parametrize(
    ("arch", "scheme", "config", "needed"),
    [
        ("sm_90", "bf16", Config(128, 256, 64, 1, 8, 4), (128 + 256) * 64 * 2 * 4),
        ("sm_90", "bf16", Config(32, 256, 64, 1, 8, 4), (32 + 256) * 64 * 2 * 3),
        ("sm_80", "fp16", Config(128, 256, 64, 1, 8, 4), (128 + 256) * 64 * 2 * 3),
        ("sm_100", "fp8_w8a8", Config(64, 128, 64, 1, 4, 2), (64 + 128) * 64 * 2),
        ("sm_100", "int8_w8a8", Config(64, 128, 64, 1, 4, 2), (64 + 128) * 64),
        ("sm_90", "int8_w8a16", Config(64, 128, 64, 1, 4, 3), (64 * 2 + 128) * 64 * 2),
        ("sm_90", "int4_w4a16", Config(64, 128, 64, 1, 4, 3), 64 * 2 * 64 * 2),
        ("sm_90", "mxfp4_w4a16", Config(64, 128, 64, 1, 4, 3), (64 * 2 + 128 // 2) * 64 * 2),
        ("gfx942", "bf16", Config(64, 128, 64, 1, 4, 2), (64 + 128) * 64 * 2),
    ],
)
def test_formula_by_architecture_and_format(
    arch: str, scheme: str, config: Config, needed: int
) -> None:
    assert least_shared_bytes(frame_of([config]), arch, SCHEMES[scheme])[0] == needed


def test_the_published_formula_leaves_1248_and_the_compilers_1304() -> None:
    form = SCHEMES["bf16"]
    space = published_space(H200.vendor, form)
    assert (both_tiles_bytes(space, form) <= H200.shared_bytes).sum() == 1_248
    assert prefilter(space, H200, form).isna().sum() == 1_304


def test_the_published_formula_is_for_operands_of_one_width() -> None:
    with pytest.raises(ValueError, match="operands of 16 and 4 bits"):
        both_tiles_bytes(frame_of([PLAIN]), SCHEMES["int4_w4a16"])


sizes = st.sampled_from([16, 32, 64, 128])


@given(
    st.builds(Config, sizes, sizes, sizes, st.just(1), st.just(4), st.integers(2, 5)),
    st.sampled_from(sorted(SCHEMES)),
    st.sampled_from(["sm_80", "sm_90", "sm_100", "gfx942", "gfx950"]),
)
def test_more_of_anything_never_takes_less(config: Config, scheme: str, arch: str) -> None:
    names = ("block_size_m", "block_size_n", "block_size_k")
    grown = [replace(config, **{name: 2 * getattr(config, name)}) for name in names]
    grown.append(replace(config, num_stages=config.num_stages + 1))
    small, *big = least_shared_bytes(frame_of([config, *grown]), arch, SCHEMES[scheme])
    assert min(big) >= small


@pytest.mark.parametrize(("arch", "scheme"), sorted(WHOLE))
def test_whole_space_was_compiled(compiled: pd.DataFrame, arch: str, scheme: str) -> None:
    mine = compiled[(compiled["arch"] == arch) & (compiled["scheme"] == scheme)]
    space = published_space(device_of(arch).vendor, SCHEMES[scheme])
    _, needed = representatives(space, SCHEMES[scheme])
    assert {config.id for config in needed} <= set(mine["config_id"])


def test_never_rejects_what_the_compiler_accepts(compiled: pd.DataFrame) -> None:
    """Over all binaries recorded; of the two spaces above these are all there are."""
    refused = 0
    for (arch, scheme), mine in compiled.groupby(["arch", "scheme"]):
        device, form = device_of(arch), SCHEMES[scheme]
        rejected = mine[refused_by_formula(mine, device, form)]
        accepted = rejected[compiler_says(rejected, device).isna()]
        assert accepted.empty, f"{arch} {scheme}: {accepted['config_id'].tolist()[:5]}"
        refused += len(rejected)
    assert refused > 300


def test_formula_never_exceeds_what_the_compiler_took(compiled: pd.DataFrame) -> None:
    """Where it could matter: at half the limit and more."""
    checked = 0
    for (arch, scheme), mine in compiled.groupby(["arch", "scheme"]):
        known = mine[mine["shared_bytes"].notna()]
        frame = frame_of([parse_id(config_id) for config_id in known["config_id"]])
        least = least_shared_bytes(frame, arch, SCHEMES[scheme])
        near = least >= device_of(arch).shared_bytes // 2
        assert (least[near] <= known["shared_bytes"].to_numpy(int)[near]).all(), (arch, scheme)
        checked += near.sum()
    assert checked > 1_000
