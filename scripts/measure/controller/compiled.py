"""What the compiler said of a plan's configs before anything was measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from scripts.lib.config import parse_id
from scripts.lib.shape import Shape
from scripts.measure.work.binaries import jobs_of


class Compiled:
    """Reasons by binary of those that failed, asked by config."""

    def __init__(self, failed: Mapping[str, str], run_time: Collection[str]) -> None:
        self._failed, self._run_time = failed, run_time

    def __call__(self, config_id: str, shape: Shape) -> str | None:
        """Why a config cannot run on a shape; None if all of its binaries are there."""
        if not self._failed:
            return None
        for job in jobs_of([parse_id(config_id).to_entry()], shape, self._run_time):
            if job.id in self._failed:
                return f"{job.id.split('/')[0]}: {self._failed[job.id]}"
        return None
