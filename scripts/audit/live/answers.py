"""What a live audit was answered, read from its ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.chain import read_lines
from scripts.lib.files import InputError

Body = dict[str, Any]
CORRECT = "correct"


@dataclass(frozen=True)
class Answer:
    """One task of one process. ``answer``: None where the process crashed or hung, with
    ``reason``; ``key``: for example ``EP8/M64``, or a tuner."""  # noqa: D205,D209

    device: str
    layer: str
    process: str
    key: str
    task: str
    reason: str | None
    answer: Mapping[str, Any] | None

    @property
    def cell(self) -> tuple[int, int]:
        """Degree of expert parallelism and tokens."""
        ranks, _, tokens = self.key.partition("/")
        return int(ranks.removeprefix("EP")), int(tokens.removeprefix("M"))


@dataclass(frozen=True)
class Chosen:
    """What one tuner chose in one process; ``told``: as the sitting says it."""

    answer: Answer
    tuner: str
    told: Mapping[str, Any]

    @property
    def pick(self) -> str | None:
        """The config, None where it failed."""
        return self.told["pick"] if self.told["outcome"] == CORRECT else None


def read_answers(paths: Iterable[Path]) -> list[Answer]:
    """In the order of the ledgers; every line of a chain is checked on the way. InputError."""
    found: list[Answer] = []
    for path in paths:
        plan: Mapping[str, Any] | None = None
        for line in read_lines(path):
            body = line.body
            if body["kind"] == "run":
                plan = body["plan"]
            elif body["kind"] == "task":
                if plan is None:
                    raise InputError(f"{path}:{line.number}: an answer before any run's line")
                found.append(_answer(body, plan))
    return found


def _answer(body: Body, plan: Mapping[str, Any]) -> Answer:
    return Answer(
        plan["device"], plan["layer"], body["process"], body["key"], body["task"],
        body["reason"], body["answer"],
    )  # fmt: skip


def choices(answers: Sequence[Answer]) -> Iterator[Chosen]:
    """Every tuner's choice in every process; of a process that ended, nothing."""
    for one in answers:
        if one.task == "cell" and one.answer is not None:
            for tuner, told in one.answer["tuners"].items():
                yield Chosen(one, tuner, told)
