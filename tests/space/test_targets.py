"""Names of GPUs and number formats, here and in the parameters."""

from pathlib import Path

import pytest
import yaml

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.space.targets import Target, device_of, find_form, pairs_of

ROOT = Path(__file__).parents[2]


def test_the_parameters_name_known_gpus() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["space"]
    for name in (*params["targets"], params["triples_source"], params["triples_target"]):
        assert find_device(name).name == name


def test_gpus_of_one_architecture_are_one_pair() -> None:
    targets = [Target("NVIDIA_H200", ("bf16", "fp16")), Target("NVIDIA_H20", ("bf16",))]
    assert pairs_of(targets) == [("sm_90", "bf16"), ("sm_90", "fp16")]


@pytest.mark.parametrize("arch", ["sm_80", "sm_90", "sm_100", "gfx942", "gfx950"])
def test_limits_are_those_of_any_device_of_the_architecture(arch: str) -> None:
    device = device_of(arch)
    assert device.arch == arch
    assert find_device(device.name).shared_bytes == device.shared_bytes


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown architecture 'sm_91'; nearest: sm_90"):
        device_of("sm_91")
    with pytest.raises(InputError, match="unknown scheme 'fp8_w8a'; nearest: fp8_w8a8"):
        find_form("fp8_w8a")
