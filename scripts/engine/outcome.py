"""How a boot of the engine, or a question to it, ended: one of a few words, with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The end of one boot or of one question."""

    OK = "ok"
    BOOT_FAILED = "boot_failed"  # the engine refused what it was given, in its own words
    CRASH = "crash"  # its process died, or answered with something that is no answer
    OUT_OF_MEMORY = "out_of_memory"
    HANG = "hang"  # nothing within the deadline; its process was killed
    PORT_TAKEN = "port_taken"
    NO_SPACE = "no_space"
    FILE_NOT_READ = "file_not_read"  # it took other kernel configs than it was given
    WRONG_OUTPUT = "wrong_output"
    FAILED = "failed"  # the question was refused; the engine goes on


# What libraries write where one of these is the cause. Lower case.
_SIGNS = (
    (
        Outcome.OUT_OF_MEMORY,
        (
            "out of memory",
            "outofmemoryerror",
            "memoryerror",
            "cannot allocate memory",
            "free memory on device",
            "no available memory for the cache",
        ),
    ),
    (Outcome.NO_SPACE, ("no space left on device", "disk quota exceeded")),
    (Outcome.PORT_TAKEN, ("address already in use", "eaddrinuse")),
)


@dataclass(frozen=True)
class Answer:
    """How it ended. ``reason``: why, empty if it went well. ``seconds``: until then."""

    outcome: Outcome
    reason: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether there is a result to use."""
        return self.outcome is Outcome.OK


def cause_of(text: str) -> Outcome | None:
    """The outcome that an error message or the end of a log is a sign of; None if of none."""
    lower = text.lower()
    return next((word for word, signs in _SIGNS if any(sign in lower for sign in signs)), None)
