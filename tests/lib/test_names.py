"""The error for an unknown name offers what is near it."""

from scripts.lib.names import unknown_name


def test_offers_the_nearest_names() -> None:
    error = unknown_name("device", "NVIDIA_H2000", ["NVIDIA_H200", "AMD_Instinct_MI300X"])
    assert str(error) == "unknown device 'NVIDIA_H2000'; nearest: NVIDIA_H200"


def test_lists_all_names_when_none_is_near() -> None:
    assert str(unknown_name("scheme", "?", ["fp16", "bf16"])).endswith("known: bf16, fp16")


def test_says_so_when_nothing_is_known() -> None:
    assert str(unknown_name("scheme", "bf16", [])).endswith("known: none")
