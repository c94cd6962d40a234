"""S1 carries a config over and ends."""

from scripts.lib.carry import carried_over
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.transfer.oracle import NOT_RECORDED
from scripts.transfer.strategies.s1_copy import CopySource

ROCM = Config(16, 16, 256, 4, 2, 2, waves_per_eu=0, matrix_instr_nonkdim=16, kpack=2)


def test_amd_keys_are_dropped_for_nvidia() -> None:
    assert carried_over(ROCM, find_device("NVIDIA_H200")) == Config(16, 16, 256, 4, 2, 2)


def test_amd_keys_are_kept_for_amd() -> None:
    assert carried_over(ROCM, find_device("AMD_Instinct_MI325X")) == ROCM


def test_other_keys_are_kept() -> None:
    config = Config(16, 32, 256, 1, 2, 1, num_ctas=1)
    assert carried_over(config, find_device("NVIDIA_H200")) == config


def test_one_proposal_then_the_end() -> None:
    strategy = CopySource(ROCM)
    assert strategy.ask() == ROCM
    strategy.tell(ROCM, NOT_RECORDED)
    assert strategy.ask() is None
