"""Workers in which chosen configs really go wrong: their kernels crash, hang or write nonsense.

The worker, its process and its operands are the real ones; only the launch of a faulty config is
another. Imports neither torch nor Triton, so that a worker's process can still choose its backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.chain import read_chain
from scripts.lib.config import Config
from scripts.lib.schemas.plan import PLAN
from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol

# What each fault must end as, and words of its reason.
EXPECTED = {
    "illegal_access": ("runtime_error", ""),
    "endless_loop": ("timeout", "no answer within"),
    "out_of_memory": ("runtime_error", "memory"),
    "one_nan": ("mismatch", "finite=False"),
    "nothing_written": ("mismatch", "unwritten="),
    "half_written": ("mismatch", "unwritten="),
}


@dataclass(frozen=True)
class FaultPlan:
    """A plan (rows as PLAN) and the faults in it, by config id."""

    plan: pd.DataFrame
    faults: dict[str, str]


class FaultyConfig:
    """A loaded config whose launches do what its fault does."""

    def __init__(self, loaded: Any, fault: str, deeds: Any) -> None:
        self._loaded, self._fault, self._deeds = loaded, fault, deeds
        self.registers, self.spills = loaded.registers, loaded.spills

    def launch(self, gemm: Any, alignment: Any, entry: Mapping[str, int]) -> None:
        if self._fault == "nothing_written":
            return
        if self._fault == "half_written":
            # The kernel itself stops there: it takes the rest for padding.
            alignment = replace(alignment, num_padded=alignment.num_padded // 2)
        self._loaded.launch(gemm, alignment, entry)
        if self._fault not in ("half_written", "nothing_written"):
            getattr(self._deeds, self._fault)(gemm.c)


class FaultyBackend:
    """A backend that loads some configs with a fault; all else is the backend's."""

    def __init__(self, backend: Any, faults: Mapping[str, str], deeds: Any) -> None:
        self._backend, self._faults, self._deeds = backend, faults, deeds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def load(self, entry: Mapping[str, int], shape: Any) -> Any:
        loaded = self._backend.load(entry, shape)
        fault = self._faults.get(Config(*entry.values()).id)
        return loaded if fault is None else FaultyConfig(loaded, fault, self._deeds)


def make_faulty(
    faults: Mapping[str, str], protocol: Protocol, conditions: Conditions, gpu: int
) -> Any:
    """``make_worker`` with faults by config id."""
    prepare_process(conditions.backend, gpu)
    from scripts.measure.backend.choose import open_backend
    from scripts.measure.work.tasks import Worker

    if conditions.backend == "interpreter":
        from tests.measure import faulty_cpu as deeds
    else:
        from tests.measure import faulty_gpu as deeds
    return Worker(protocol, conditions, FaultyBackend(open_backend(conditions), faults, deeds))


def factory(faults: Mapping[str, str]) -> Any:
    """A worker factory for a sweep; it can be sent to another process."""
    return partial(make_faulty, dict(faults))


def plan_with(faults: Iterable[str], cell_id: str, configs: list[str]) -> FaultPlan:
    """A plan in which every faulty config stands between two good ones."""
    wanted = list(faults)
    used = configs[: 2 * len(wanted) + 1]
    assert len(used) == 2 * len(wanted) + 1, "too few configs for so many faults"
    rows = [(cell_id, n, config, "", None, None) for n, config in enumerate(used)]
    by_config = dict(zip(used[1::2], wanted, strict=True))
    return FaultPlan(pd.DataFrame(rows, columns=PLAN.names), by_config)


def assert_contained(ledger: Path, planned: FaultPlan) -> None:
    """Every fault ended as its outcome, every good config was measured, each config once."""
    attempts = [body for body in read_chain(ledger) if body["kind"] == "attempt"]
    assert [a["config_id"] for a in attempts] == planned.plan["config_id"].tolist()
    for attempt in attempts:
        fault = planned.faults.get(attempt["config_id"])
        outcome, words = EXPECTED[fault] if fault else ("correct", "")
        assert attempt["outcome"] == outcome, (fault, attempt)
        assert words in (attempt["reason"] or ""), (fault, attempt)
        assert ("median_us" in attempt) == (fault is None), (fault, attempt)
    kinds = [body["kind"] for body in read_chain(ledger)]
    assert kinds.count("cell") == kinds.count("finals") == 1
