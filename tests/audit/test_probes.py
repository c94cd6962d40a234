"""Each probe is silent on a tuner without a fault, and finds its own in every strength."""

import ast
from pathlib import Path

import pytest

from scripts.audit import probes
from scripts.audit.faults import STRENGTHS, Fault, probe_of
from scripts.audit.finding import Verdict
from scripts.audit.probes import ORDER, PROBES
from tests.audit.faulty import finding, subject

CASES = [(fault, strength) for fault, every in STRENGTHS.items() for strength in every]
# The weakest are found in most runs, not in each.
WEAKEST = {(Fault.COIN_FLIPS, 16.0), (Fault.RANKS, 0.01)}
FOLDER = Path(probes.__file__).parent


@pytest.mark.parametrize("probe", ORDER)
@pytest.mark.parametrize("seed", range(3))
def test_silent_on_a_tuner_without_a_fault(probe: str, seed: int) -> None:
    found = finding(probe, subject(seed=seed))
    assert found.verdict is Verdict.NOT_FOUND, found
    assert found.smallest is not None
    assert found.smallest > 0


@pytest.mark.parametrize(("fault", "strength"), [c for c in CASES if c not in WEAKEST])
def test_finds_its_own_fault(fault: Fault, strength: float) -> None:
    found = finding(probe_of(fault), subject(fault, strength))
    assert found.verdict is Verdict.FOUND, found
    assert found.evidence
    assert found.effect is not None
    assert found.effect > 0


@pytest.mark.parametrize(
    ("fault", "strength", "probe"),
    [
        (Fault.ALLOCATION, 0.1, "allocation"),
        (Fault.CLOCKS, 0.12, "clocks"),
        (Fault.WARM_CACHE, 0.2, "timing_policy"),
        (Fault.SLOWER, 0.15, "slower"),
        (Fault.REGRESSED, 0.15, "regressed"),
    ],
)
def test_effect_is_about_what_was_put_in(fault: Fault, strength: float, probe: str) -> None:
    found = [finding(probe, subject(fault, strength, seed)).effect for seed in range(3)]
    # A warm cache spares a tactic the half of the strength in the middle; a choice has to be near.
    wanted = strength / 2 if fault is Fault.WARM_CACHE else strength
    assert sorted(one or 0.0 for one in found)[1] == pytest.approx(wanted, rel=0.4)


@pytest.mark.parametrize(
    ("fault", "other"), [(Fault.ALLOCATION, "clocks"), (Fault.CLOCKS, "allocation")]
)
def test_tile_and_kernel_are_not_blamed_for_each_other(fault: Fault, other: str) -> None:
    found = finding(other, subject(fault, STRENGTHS[fault][-1]))
    assert found.verdict is Verdict.NOT_FOUND


def test_every_kind_has_a_probe_and_every_probe_a_file() -> None:
    assert len(STRENGTHS) == len(Fault) >= 15
    assert {probe_of(fault) for fault in Fault} == set(ORDER) == set(PROBES)
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "by_group", "behind"}
    assert files == set(ORDER)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_no_probe_looks_into_a_tuner(path: Path) -> None:
    """Neither the switch nor the tuner that has it is imported or read."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    assert not imported & {f"scripts.audit.{name}" for name in ("faults", "synthetic", "world")}
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not read & {"faults", "shared", "entries", "strengths", "truth", "layer"}
