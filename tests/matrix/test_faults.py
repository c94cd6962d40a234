"""What is done to an engine on purpose raises what its libraries raise, and has its word."""

from __future__ import annotations

import pytest

from scripts.engine.outcome import cause_of
from scripts.matrix import faults
from scripts.matrix.switches import FAULTS


@pytest.mark.parametrize("fault", ["port_taken", "no_space"])
def test_the_library_says_what_it_is(fault: str) -> None:
    with pytest.raises((OSError, RuntimeError)) as error:
        faults.FAULTS[fault]()
    assert cause_of(f"{type(error.value).__name__}: {error.value}") == fault


def test_all_faults_are_known_but_the_one_that_comes_from_outside() -> None:
    assert {*faults.FAULTS, "crash"} == set(FAULTS)
