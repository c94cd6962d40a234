"""Sets of evidence as a run of a suite makes them, by engines that answer from a seed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.evidence.collect import collect, read_set
from scripts.evidence.model.checkpoint import store
from scripts.evidence.model.network import Network, Size
from scripts.evidence.model.questions import VOCABULARY
from scripts.evidence.run import Conditions, make_parser, run
from scripts.evidence.suite import suite_of
from scripts.lib.files import write_json

PROGRAM = (sys.executable, "-m", "tests.evidence.scripted")
MODEL = {"architectures": ["MixtralForCausalLM"], "num_hidden_layers": 4}
LEGS = {"default": "1.06", "committed": "1.03", "ours": "1"}


def suite(questions: int = 100, boots: int = 2, **faults: str) -> dict[str, Any]:
    """Three legs of one model; ``faults``: leg -> question:fault."""
    return {
        "name": "three", "device": "NVIDIA_H200", "boots": boots, "repeats": 3,
        "profile": {"batch": 4, "input": 8, "steps": 8},
        "latency": {"batch": 4, "input": 8, "output": 8, "repeats": 2, "warmups": 0},
        "questions": questions, "question_seed": 7,
        "legs": [
            {"name": name,
             "engine": {"model": MODEL,
                        "environment": {"SPEED": speed, "FAULT": faults.get(name, "")}},
             "answering": {}}
            for name, speed in LEGS.items()
        ],
        "options": [{"name": "graphs", "source": "argument", "key": "enforce_eager",
                     "fact": "graph_mode", "means_off": ["NONE"]}],
    }  # fmt: skip


def conditions(**premises: str) -> Conditions:
    """Of one machine."""
    return Conditions(
        {"GPU": "NVIDIA H200", "driver": "580.95.05", "torch": "2.11.0", **premises},
        {"graphs": True},
        {"command": "python -m scripts.evidence.run", "commit": "0" * 40,
         "packages": {"torch": "2.11.0"}, "gpu_uuid": "GPU-1"},
        {},
    )  # fmt: skip


def given(out: Path, plan: dict[str, Any], *more: str) -> argparse.Namespace:
    """The command's arguments."""
    write_json(out.parent / f"{out.name}.json", plan)
    model = out.parent / "model"
    return make_parser().parse_args(
        ["--suite", str(out.parent / f"{out.name}.json"), "--out", str(out),
         "--model", str(model), *more]
    )  # fmt: skip


@pytest.fixture(scope="session")
def recorded_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untaught model, stored as a taught one is."""
    folder = tmp_path_factory.mktemp("recorded") / "model"
    store(Network(Size(len(VOCABULARY), hidden=32, intermediate=32, layers=1)), folder)
    return folder


Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory, recorded_model: Path) -> Make:
    """Run a suite by scripted engines with the noise of a seed; the set that came of it."""

    def made(plan: dict[str, Any], seed: int, found: Conditions | None = None,
             out: Path | None = None, more: tuple[str, ...] = ()) -> dict[str, Any]:  # fmt: skip
        out = out or tmp_path_factory.mktemp("sets") / "set"
        link = out.parent / "model"
        if not link.exists():
            link.symlink_to(recorded_model)
        environment = {**os.environ, "SEED": str(seed), "CHILD": str(out.parent / "child")}
        engines = {"program": PROGRAM, "environment": environment}
        whole = run(suite_of(plan, "plan"), given(out, plan, *more), found or conditions(), engines)
        collect(out)
        return {**read_set(out), "out": out, "whole": whole}

    return made


@pytest.fixture(scope="session")
def first(make: Make) -> dict[str, Any]:
    """A whole set."""
    return make(suite(), 1)


@pytest.fixture(scope="session")
def second(make: Make) -> dict[str, Any]:
    """Its re-run on another machine."""
    return make(suite(), 2)
