"""Which binaries a pair needs."""

import pytest

from kernels.formats import SCHEMES
from scripts.lib.config import parse_id
from scripts.space.binaries import Binary, binaries_of, committed_binaries
from scripts.space.prefilter import prefilter
from scripts.space.prune import prune
from scripts.space.representatives import representatives
from scripts.space.spaces import published_space
from scripts.space.targets import device_of

ODD = parse_id("M16-N16-K64-G8-W2-S2-E2-I16-P1")  # of the ROCm space
DEEP = parse_id("M256-N256-K128-G1-W8-S5")  # too much for anything but a formula to say


@pytest.mark.parametrize(
    ("arch", "scheme"),
    [("sm_80", "bf16"), ("sm_90", "fp8_w8a8"), ("gfx942", "bf16"), ("gfx950", "mxfp4_w4a4")],
)
def test_every_config_that_formulas_pass_has_its_representative(arch: str, scheme: str) -> None:
    device, form = device_of(arch), SCHEMES[scheme]
    space = published_space(device.vendor, form)
    passed = prefilter(space, device, form).isna()
    if arch.startswith("gfx"):
        passed &= prune(space, form).isna()
    ids, _ = representatives(space[passed], form)
    found = binaries_of(arch, scheme, [])
    assert set(ids) == {b.config.id for b in found if not b.drawn}
    assert len(found) == len(set(found))


def test_the_same_binaries_every_time() -> None:
    assert binaries_of("gfx942", "bf16", [ODD]) == binaries_of("gfx942", "bf16", [ODD])


def test_whole_spaces_hold_what_formulas_reject_too() -> None:
    plain = [b for b in binaries_of("sm_90", "bf16", []) if not b.drawn]
    assert len(plain) == 480


def test_committed_configs_are_compiled_as_the_target_takes_them() -> None:
    amd = {b.config.id for b in committed_binaries("gfx942", "bf16", [ODD, DEEP])}
    assert amd == {"M16-N16-K64-G1-W2-S2-E2-I16-P1", "M256-N256-K128-G1-W8-S5"}
    nvidia = {b.config.id for b in committed_binaries("sm_90", "bf16", [ODD, DEEP])}
    assert nvidia == {"M16-N16-K64-G1-W2-S2", "M256-N256-K128-G1-W8-S5"}
    assert committed_binaries("sm_80", "fp8_w8a8", [DEEP]) == []
    assert committed_binaries("sm_90", "bf16_b128x128", [DEEP]) == []


def test_drawn_binaries_put_one_parameter_back_each() -> None:
    drawn = [b for b in binaries_of("gfx942", "bf16", []) if b.drawn]
    downs = [b for b in drawn if b.gemm == "down"]
    assert len(downs) == 6
    changed = {(b.config.group_size_m, b.config.waves_per_eu, b.config.kpack) for b in drawn}
    assert changed == {
        (1, None, None), (16, None, None), (32, None, None),
        (1, 1, None), (1, 2, None), (1, 4, None), (1, None, 2),
    }  # fmt: skip


def test_the_variant_of_each_gemm() -> None:
    up, down = (Binary("sm_90", "fp8_w8a8", DEEP, gemm).variant for gemm in ("up", "down"))
    assert (up.name, down.name) == ("fp8_w8a8-share8-up", "fp8_w8a8-share1-down")
