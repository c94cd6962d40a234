"""What runs.json says of recorded datasets: their runs, and what compiling and tuning cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import StatisticsError, fmean
from typing import Any

from scripts.lib.files import InputError, read_json

Body = dict[str, Any]
# What identifies a run; the rest of a run's line stays in runs.json.
RUN_KEYS = (
    "run_id",
    "commit",
    "kernel_hash",
    "spec_hash",
    "routing",
    "conditions",
    "disturbance",
    "gpu",
    "python",
    "packages",
    "command",
    "started",
    "ended",
)


@dataclass(frozen=True)
class Recording:
    """One dataset: runs in order, with the seconds of each; costs by what was measured."""

    dataset: str
    runs: list[Body]
    costs: dict[str, Body] = field(default_factory=dict)

    def identified(self) -> list[Body]:
        """What identifies each run, and the dataset that it belongs to."""
        return [
            {key: run[key] for key in RUN_KEYS if key in run} | {"dataset": self.dataset}
            for run in self.runs
        ]

    def spent(self) -> Body:
        """Seconds of compiling (wall) and of trials (GPU), over all runs."""
        return {
            "runs": len(self.runs),
            "compile_seconds": float(sum(run["compile_seconds"] for run in self.runs)),
            "trial_seconds": float(sum(run["trial_seconds"] for run in self.runs)),
            "cpus": max(run["cpus"] for run in self.runs),
        }

    def cost(self) -> Body:
        """What was spent, and two comparisons.

        The first run's compiling is the cold one; a run that goes on after a kill finds the
        binaries in the cache, one on another machine compiles again.
        """
        out: Body = self.spent() | {
            "dataset": self.dataset,
            "cold_compile_seconds": float(self.runs[0]["compile_seconds"]),
            "binaries": int(self.runs[0]["binaries"]),
        }
        if sample := self.costs.get("upstream_method"):
            out["upstream_method"] = {
                "cell_id": sample["cell_id"],
                "sampled_configs": sample["sampled_configs"],
                "configs": sample["space"],
                "compile_seconds_per_config": fmean(sample["compile_seconds"]),
                "timing_seconds_per_config": fmean(sample["timing_seconds"]),
            }
        if sample := self.costs.get("specialisation"):
            out["run_time_over_compiled_in"] = {
                "configs": len(sample["rows"]),
                **{name: ratio for name, ratio in sample["ratios"].items() if "+" not in name},
            }
        return out


def provenance(recordings: Iterable[Recording]) -> Body:
    """The commit that recorded the latest run of the first dataset, and the runs of all."""
    recordings = list(recordings)
    runs = [run for recording in recordings for run in recording.identified()]
    return {"commit": recordings[0].runs[-1]["commit"], "runs": runs}


def read_recording(path: Path) -> Recording:
    """Read runs.json. InputError names the missing field."""
    value = read_json(path)
    if not isinstance(value, dict) or not value.get("runs"):
        raise InputError(f"{path}: holds no runs; consolidate the ledger again")
    try:
        costs = {entry["what"]: entry for entry in value.get("cost", [])}
        recording = Recording(path.parent.name, value["runs"], costs)
        recording.cost()
        provenance([recording])
    except (KeyError, TypeError, StatisticsError) as error:
        raise InputError(f"{path}: lacks {error}; consolidate the ledger again") from error
    return recording
