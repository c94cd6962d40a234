"""A ledger and a scripted GPU with its worker process, for tests of the controller's side."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from scripts.lib.budget import Budget
from scripts.lib.chain import Chain, check_chain, read_chain
from scripts.lib.schemas.plan import PLAN as PLAN_TABLE
from scripts.measure.conditions import Conditions
from scripts.measure.controller.fleet import Fleet, Limits
from scripts.measure.controller.progress import status_of, tally
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.controller.subject import own_kernels
from scripts.measure.protocol import Protocol
from tests.measure.scripted import Script, ScriptedGpu, factory

CELL = "NVIDIA_H200/E8-N256-K512-top2-bf16/M4"
CONFIGS = [f"M16-N{n}-K64-G{g}-W4-S{s}" for n in (32, 64) for g in (1, 16) for s in (2, 3, 4)]
PROTOCOL = Protocol(trial_deadline_s=1.5, anchor_every=4, finalists=3)
# The scripted worker needs no compiler, and a fork spares each test the imports of a spawn.
CONDITIONS = Conditions(backend="interpreter")


def plan_of(cells: list[str], configs: list[str] | None = None) -> pd.DataFrame:
    """The first config is the committed one and a proposal, the second the default; the first two
    carry predictions."""  # noqa: D205,D209
    names = ["committed,S1:NVIDIA_H100_80GB_HBM3", "default"]
    stamps = [(10.5, "v1"), (20.25, "v1")]
    rows = [
        (cell, n, config, names[n] if n < 2 else "", *(stamps[n] if n < 2 else (None, None)))
        for cell in cells
        for n, config in enumerate(CONFIGS if configs is None else configs)
    ]
    return pd.DataFrame(rows, columns=PLAN_TABLE.names)


PLAN = plan_of([CELL])


class Bench:
    """Sweeps one after the other into one ledger."""

    def __init__(self, tmp_path: Path, faults: dict[str, str] | None = None, **script) -> None:
        self.ledger, self.log = tmp_path / "ledger.jsonl", tmp_path / "begun"
        self.script = Script(self.log, faults or {}, **script)
        tmp_path.mkdir(exist_ok=True)
        self.log.touch()
        self.make = factory(self.script)

    def run(
        self,
        plan: pd.DataFrame = PLAN,
        *,
        gpus: list[ScriptedGpu] | None = None,
        trials: int = NO_LIMIT,
        gpu_seconds: float = math.inf,
        seconds: float = math.inf,
        protocol: Protocol = PROTOCOL,
        marks: tuple[str, ...] = (),
        **conditions: str,
    ) -> int:
        """One run of a sweep; its exit status."""
        gpus = gpus or [ScriptedGpu()]
        chain = Chain(self.ledger)
        limits = Limits(Budget(trials, gpu_seconds), time.monotonic() + seconds)
        stated = replace(CONDITIONS, **conditions)
        try:
            fleet = Fleet(chain, gpus, stated, protocol, limits, self.make, own_kernels())
            finished = fleet.run(plan, [marks] * len(gpus))
        finally:
            chain.close()
        return status_of(tally(plan, fleet.done), finished)

    @property
    def bodies(self) -> list[dict]:
        return list(read_chain(self.ledger))

    @property
    def hashes(self) -> dict[tuple[str, str], str]:
        """Hash of each attempt's first line, by cell and config."""
        found: dict[tuple[str, str], str] = {}
        for line in check_chain(self.ledger):
            if line.body["kind"] == "attempt":
                found.setdefault((line.body["cell_id"], line.body["config_id"]), line.hash)
        return found

    def of(self, kind: str) -> list[dict]:
        return [body for body in self.bodies if body["kind"] == kind]

    @property
    def attempts(self) -> list[dict]:
        return self.of("attempt")

    @property
    def begun(self) -> list[str]:
        return self.log.read_text().split()
