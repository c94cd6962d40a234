"""The runtime's default, rule by rule."""

import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.shape import Shape
from scripts.transfer.strategies.default_heuristic import DefaultHeuristic, default_config

H200 = find_device("NVIDIA_H200")
EIGHT = Shape(8, 3584, 4096, 2, "bf16")
MANY = Shape(128, 768, 2048, 8, "bf16")


def test_block_scaled_layers_get_tiles_of_a_scale_block_at_every_batch():
    shape = Shape(256, 256, 7168, 8, "fp8_w8a8_b128x128")
    assert {default_config(shape, tokens, H200).id for tokens in (1, 64, 4096)} == {
        "M64-N128-K128-G32-W4-S3"
    }


@pytest.mark.parametrize(
    ("shape", "tokens", "config_id"),
    [
        (EIGHT, 1, "M16-N64-K128-G1-W4-S4"),
        (EIGHT, 32, "M16-N64-K128-G1-W4-S4"),
        (EIGHT, 33, "M32-N64-K128-G1-W4-S3"),
        (EIGHT, 64, "M32-N64-K128-G1-W4-S3"),
        (EIGHT, 96, "M32-N128-K64-G1-W4-S3"),
        (EIGHT, 128, "M64-N128-K64-G1-W4-S3"),
        (EIGHT, 256, "M64-N128-K64-G1-W8-S3"),
        (EIGHT, 1024, "M128-N128-K64-G1-W8-S3"),
        (EIGHT, 1536, "M128-N128-K64-G16-W8-S3"),
        (MANY, 4096, "M128-N128-K64-G1-W8-S3"),
    ],
)
def test_published_rules(shape: Shape, tokens: int, config_id: str) -> None:
    assert default_config(shape, tokens, H200).id == config_id


def test_grouping_starts_above_128_tokens_an_expert() -> None:
    assert default_config(EIGHT, 128 * 8 + 7, H200).group_size_m == 1
    assert default_config(EIGHT, 129 * 8, H200).group_size_m == 16


def test_quantised_schemes_have_other_rules() -> None:
    with pytest.raises(InputError, match="unknown scheme for the default heuristic 'fp8_w8a8'"):
        default_config(Shape(8, 3584, 4096, 2, "fp8_w8a8"), 1, H200)


def test_amd_has_other_rules() -> None:
    with pytest.raises(InputError, match="AMD_Instinct_MI300X"):
        default_config(EIGHT, 1, find_device("AMD_Instinct_MI300X"))


def test_one_proposal_then_the_end() -> None:
    config = default_config(EIGHT, 1, H200)
    strategy = DefaultHeuristic(config)
    assert [strategy.ask(), strategy.ask()] == [config, None]
