"""What is timed is timed on the same few cores, and afterwards may run anywhere again."""

from __future__ import annotations

import os
import threading

import pytest

from scripts.matrix.cores import few_of, pinned


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no such call here")
def test_all_threads_are_bound_and_let_go() -> None:
    every, end = os.sched_getaffinity(0), threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        with pinned(1) as cores:
            assert cores == [min(every)]
            assert os.sched_getaffinity(0) == {min(every)}
            assert other.native_id is not None
            assert os.sched_getaffinity(other.native_id) == {min(every)}
        assert os.sched_getaffinity(0) == every == os.sched_getaffinity(other.native_id)
    finally:
        end.set()
        other.join()


def test_rounds_have_all_cores_in_turn() -> None:
    every = list(range(10, 20))
    assert [few_of(every, 4, number) for number in range(3)] == [
        [10, 11, 12, 13], [14, 15, 16, 17], [10, 11, 12, 13],
    ]  # fmt: skip
    assert few_of([1, 2], 4, 5) == [1, 2]


def test_none_is_none() -> None:
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with pinned(0) as cores:
        assert cores == []
        if before is not None:
            assert os.sched_getaffinity(0) == before
