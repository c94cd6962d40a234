"""Trials sent before the last is answered: in order, lost with a process, kept until asked for."""

from __future__ import annotations

import os

import pytest

from scripts.lib.isolate import Child, Failure, Named
from scripts.tune.flight import Flight


class Echo(Named):
    """Answers with the task and what it sees of the next."""

    def do_say(self, word):
        while self.peek() is None and word == "wait":
            pass
        return word, self.peek()

    def do_die(self):
        os._exit(7)


def make():
    return Echo()


@pytest.fixture
def worker():
    child = Child(make, method="fork")
    yield child
    child.stop()


def test_answers_are_kept_until_they_are_asked_for_in_any_order(worker):
    flight = Flight(worker, 30.0)
    for key in "abc":
        flight.begin(key, ("say", key))
        flight.begin(key, ("say", "a second time"))
    assert len(flight) == 3 and "b" in flight
    assert flight.end("c")[0] == "c"
    assert len(flight) == 0 and "a" in flight
    assert [flight.end(key)[0] for key in "ab"] == ["a", "b"]
    assert flight.end("a") is None


def test_the_worker_sees_the_next_task_and_still_does_it_in_its_turn(worker):
    flight = Flight(worker, 30.0)
    flight.begin("first", ("say", "wait"))
    flight.begin("next", ("say", "last"))
    assert flight.end("first") == ("wait", ("say", "last"))
    assert flight.end("next") == ("last", None)


def test_who_ends_the_process_is_blamed_alone_and_the_next_can_be_sent_again(worker):
    flight = Flight(worker, 30.0)
    for key, task in (("a", ("say", "a")), ("b", ("die",)), ("c", ("say", "c"))):
        flight.begin(key, task)
    flight.land()
    assert flight.end("a")[0] == "a"
    died = flight.end("b")
    assert isinstance(died, Failure) and "status 7" in died.message
    assert flight.end("c") is None
    flight.begin("c", ("say", "c"))
    assert flight.end("c")[0] == "c"
