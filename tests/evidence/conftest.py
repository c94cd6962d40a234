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
from scripts.lib.files import write_json
from tests.evidence.plans import conditions, suite
from tests.evidence.sets import made as made_set

PROGRAM = (sys.executable, "-m", "tests.evidence.scripted")


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
        whole = run(plan, given(out, plan, *more), found or conditions(), engines)
        collect(out)
        return {**read_set(out), "out": out, "whole": whole}

    return made


@pytest.fixture(scope="session")
def ran(make: Make) -> dict[str, Any]:
    """A whole set of a run."""
    return make(suite(), 1)


@pytest.fixture(scope="session")
def first() -> dict[str, Any]:
    """A whole set."""
    return made_set(1)


@pytest.fixture(scope="session")
def second() -> dict[str, Any]:
    """Its re-run on another machine."""
    return made_set(2)
