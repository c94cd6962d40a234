"""A journal of the engine, read: its plan, and its results by task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.chain import read_chain
from scripts.lib.files import InputError
from scripts.lib.links import Body


@dataclass(frozen=True)
class Engine:
    """One journal. ``runs``: its RUN lines; ``results``: its results, in their order."""

    path: Path
    runs: tuple[Body, ...]
    results: tuple[Body, ...]

    @property
    def plan(self) -> Mapping[str, Any]:
        """That of its last run: models, batches, GPU."""
        plan: Mapping[str, Any] = self.runs[-1]["plan"]
        return plan

    @property
    def recording(self) -> str:
        """The folder that it lies in."""
        return self.path.parent.name

    @property
    def device(self) -> str:
        """The GPU, named as in config files."""
        return str(self.plan["device"])

    @property
    def kernel_hash(self) -> str:
        """Of the runtime's kernel source."""
        return str(self.runs[-1]["kernel_hash"])

    def model(self, name: str) -> Mapping[str, Any]:
        """A model of the plan."""
        return next(one for one in self.plan["models"] if one["name"] == name)

    def of(self, task: str) -> Iterator[Body]:
        """Results of one task."""
        return (body for body in self.results if body.get("task") == task)


def read_engine(path: Path) -> Engine:
    """A journal, plain or .xz. InputError if it was edited, or no run began in it."""
    bodies = list(read_chain(path))
    runs = tuple(body for body in bodies if body["kind"] == "run")
    results = tuple(body for body in bodies if body["kind"] == "result")
    if not runs or any("plan" not in run for run in runs):
        raise InputError(f"{path}: no run of scripts.runtime.engine began in it; record one")
    hashes = {run["kernel_hash"] for run in runs}
    if len(hashes) > 1:
        raise InputError(f"{path}: kernel_hash: runs of {len(hashes)} runtimes; keep them apart")
    return Engine(path, runs, results)
