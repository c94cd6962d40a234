"""What a budget of seconds pays for."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from scripts.lib.recordings import Role
from scripts.measure.controller.candidates import plan_of
from scripts.tune.survey.budget import affordable, estimated
from scripts.tune.survey.costs import Rates
from scripts.tune.survey.parts import Kind, Part

ROLES = (Role.CORPUS, Role.COMPLETE, Role.STUDY, Role.FINALS)
RATES = Rates(
    trial={role: {1: 0.01, 64: 0.02} for role in ROLES},
    beside={role: {1: 1.0, 64: 2.0} for role in ROLES},
    trials=dict.fromkeys(ROLES, 10.0),
    binary=0.5,
    start=3.0,
    taken_from=("another",),
)
LAYER = "E8-N256-K1024-top2-bf16"
CONFIGS = ["M16-N64-K64-G1-W4-S2", "M16-N64-K64-G4-W4-S2", "M16-N32-K64-G1-W4-S2"]


def sweep(name: str, role: Role, seconds: float = 0.0, **more: object) -> Part:
    return replace(Part(name, Kind.SWEEP, f"x-{role}", role, seconds), **more)


PEAKS = Part("peaks", Kind.PEAKS, "x", Role.PEAKS)
FINALS = Part("finals", Kind.AGAIN, "x-finals", Role.FINALS, 60.0, cells=60, repeats="x-study")


def study(name: str, seconds: float) -> Part:
    return Part(name, Kind.STUDY, "x-study", Role.STUDY, seconds, cells=30, shapes=(LAYER,))


PARTS = [
    PEAKS,
    sweep("corpus-01", Role.CORPUS, 30.0),
    sweep("corpus-02", Role.CORPUS, 30.0),
    sweep("complete-01", Role.COMPLETE, 50.0),
    sweep("complete-02", Role.COMPLETE, 10.0),
    study("study-01", 20.0),
    study("study-02", 20.0),
    FINALS,
    sweep("repeat", Role.REPEAT, 400.0, elsewhere=True),
]


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        (None, [part.name for part in PARTS]),
        (1.0, ["peaks", "repeat"]),
        (100.0, ["peaks", "corpus-01", "complete-01", "repeat"]),
        (130.0, ["peaks", "corpus-01", "complete-01", "complete-02", "repeat"]),
        (400.0, [part.name for part in PARTS]),
    ],
)
def test_each_recording_has_its_share_and_what_one_leaves_goes_on(
    seconds: float | None, kept: list[str]
) -> None:
    assert [part.name for part in affordable(PARTS, seconds)] == kept


@pytest.mark.parametrize("seconds", [50.0, 100.0, 150.0, 200.0, 260.0, 400.0])
def test_what_is_kept_fits(seconds: float) -> None:
    kept = [part for part in affordable(PARTS, seconds) if not part.elsewhere]
    assert sum(part.seconds or 0.0 for part in kept) <= seconds
    assert ("finals" in {part.name for part in kept}) == any(
        part.kind is Kind.STUDY for part in kept
    )


def test_finals_are_of_the_layers_that_are_studied() -> None:
    kept = {part.name: part for part in affordable(PARTS, 200.0)}
    assert "study-02" not in kept
    assert (kept["finals"].cells, kept["finals"].seconds) == (30, 30.0)


def planned() -> list[tuple[Part, pd.DataFrame | None]]:
    plan = plan_of([f"CPU/{LAYER}/M{tokens}" for tokens in (1, 64)], CONFIGS)
    return [
        (PEAKS, None),
        (sweep("corpus-01", Role.CORPUS), plan),
        (sweep("complete-01", Role.COMPLETE), plan),
        (study("study-01", 0.0), None),
        (FINALS, None),
        (sweep("repeat", Role.REPEAT, elsewhere=True), plan),
    ]


def test_a_part_takes_its_trials_its_cells_and_binaries_that_are_new() -> None:
    found = {part.name: part for part, _ in estimated(planned(), RATES, cores=4)}
    assert found["peaks"].seconds is None
    corpus = found["corpus-01"]
    # GROUP_SIZE_M is left to the launch: two pairs of binaries.
    assert (corpus.cells, corpus.trials, corpus.binaries) == (2, 6, 4)
    assert corpus.seconds == pytest.approx(3.0 + 4 * 0.5 / 4 + 3 * 0.01 + 1.0 + 3 * 0.02 + 2.0)
    assert found["complete-01"].binaries == 0
    assert found["repeat"].binaries == 4
    assert found["study-01"].cells == found["finals"].cells == 18
