"""A record goes on with what it was begun with, and is no place for anything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.lib.files import InputError
from scripts.matrix import continued
from scripts.matrix.cells import cells_of
from scripts.matrix.reading import parse
from scripts.matrix.record import key_of
from scripts.matrix.resolved import as_json, resolved
from scripts.matrix.switches import Matrix
from tests.matrix.test_switches import changed

MACHINE = {"gpu": "NVIDIA H200", "uuid": "GPU-1", "driver": "1", "cuda": "1", "runtime": "vllm 1"}


@pytest.fixture
def begun(tmp_path: Path) -> Journal:
    matrix = _matrix()
    journal = Journal(tmp_path / "record.jsonl")
    journal.begin(metadata=MACHINE, matrix=as_json(matrix))
    journal.record(key_of("small/moe=marlin", "boot"), Answer(Outcome.OK))
    journal.close()
    return Journal(tmp_path / "record.jsonl")


def _matrix(**fields: Any) -> Matrix:
    return resolved(parse(changed(**fields), "my.yaml"))


def _check(journal: Journal, matrix: Matrix, **machine: str) -> None:
    continued.check(journal, matrix, cells_of(matrix), MACHINE | machine, "record.jsonl")


def test_the_same_and_more_of_it_goes_on(begun: Journal, tmp_path: Path) -> None:
    _check(begun, _matrix())
    _check(begun, _matrix(cross=[], planted=[], repeats=3))
    _check(Journal(tmp_path / "new.jsonl"), _matrix(), uuid="GPU-2")


def test_what_was_not_begun_may_change(begun: Journal) -> None:
    matrix = _matrix()
    graphs = matrix.switches["graphs"]
    off = replace(graphs.settings["off"], engine={"eager": True, "seed": 3})
    switches = {
        **matrix.switches,
        "graphs": replace(graphs, settings={**graphs.settings, "off": off}),
    }
    _check(begun, replace(matrix, switches=switches))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"engine": {"max_seqs": 8}}, "record.jsonl: engine of small/moe=marlin: was .*4.* is .*8"),
        ({"seed": 3}, "models.small: seed: was None .* is 3; name another folder with --out"),
        ({"layers": 2}, "models.small: "),
    ],
)
def test_another_engine_or_other_weights_are_refused(
    begun: Journal, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        _check(begun, _matrix(**fields))


def test_another_machine_or_other_numbers_are_refused(begun: Journal) -> None:
    with pytest.raises(InputError, match=r"uuid: was GPU-1 .* is GPU-2"):
        _check(begun, _matrix(), uuid="GPU-2")
    with pytest.raises(InputError, match="numbers: was "):
        _check(begun, resolved(parse(changed() | {"numbers": {"repeats": 5}}, "my.yaml")))
