"""What a run names beside its choice, on trials and finals of two runs of one layer on an H200."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.lib.outcome import Outcome
from scripts.transfer.oracle import Trial
from scripts.tune.naming import rivals_by_trial
from scripts.tune.verdict import Finals


def trials(us: dict[str, tuple[float, float]]) -> dict[str, Trial]:
    """By config, median and half-width in us."""
    return {c: Trial(Outcome.CORRECT, at, 0.01, half_us=half) for c, (at, half) in us.items()}


def finals(us: dict[str, float]) -> Finals:
    """Twenty rounds at these medians."""
    noise = np.random.default_rng(1).normal(1.0, 0.002, (20, len(us)))
    return Finals(list(us), (np.array(list(us.values())) * noise).tolist())


# M=2 of Mixtral-8x22B at four GPUs: another run found S3-G64 to be the fastest. Its trial, one of
# the first, was 1.8% behind, and its own interval 0.5% wide.
M2 = trials({"S3-G1": (130.08, 0.48), "S5-G32": (130.232, 0.6), "S5-G16": (130.468, 0.47),
             "S5-G1": (131.47, 0.54), "S4-G1": (134.204, 1.87), "N256": (139.848, 0.88),
             "S3-G64": (132.382, 0.7), "N32": (138.9, 0.4)})  # fmt: skip
M2_FINALS = {"S3-G1": 128.9, "S5-G32": 130.2, "S5-G16": 130.1, "S5-G1": 129.7, "S4-G1": 134.0,
             "N256": 139.4}  # fmt: skip


def test_a_trial_as_close_as_a_rival_of_the_finals_is_named_too():
    assert rivals_by_trial(M2, finals(M2_FINALS)) == ["S3-G64"]


# M=3072: the choice was tried while the GPU still ran fast; side by side it is 0.4% ahead of a
# config whose trial was 10% behind it.
M3072 = trials({"S3-G16": (1563.2, 3.5), "S4-G64": (1722.9, 5.1), "N128": (1772.6, 64.0),
                "S3-G32": (1712.6, 10.0), "M64": (2200.0, 10.0)})  # fmt: skip
M3072_FINALS = {"S3-G16": 1700.0, "S4-G64": 1707.0, "N128": 1863.0}


def test_trials_that_strayed_from_the_finals_tell_less():
    assert rivals_by_trial(M3072, finals(M3072_FINALS)) == ["S3-G32"]
    # Had the finals agreed with the trials, so would that one.
    agreed = {name: M3072[name].latency_us for name in M3072_FINALS}
    assert rivals_by_trial(M3072, finals(agreed)) == []


@pytest.mark.parametrize("failed", [Trial(Outcome.MISMATCH, None, 0.01, "nan")])
def test_what_has_no_latency_is_no_rival(failed):
    assert rivals_by_trial({**M2, "bad": failed}, finals(M2_FINALS)) == ["S3-G64"]
    lonely = {"S3-G64": M2["S3-G64"]}
    assert rivals_by_trial(lonely, finals(M2_FINALS)) == []  # no finalist was tried
