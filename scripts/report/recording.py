"""What runs.json says of a recorded dataset: its runs, and what compiling and tuning cost."""

from __future__ import annotations

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
    "gpu",
    "python",
    "packages",
    "command",
    "started",
    "ended",
)


@dataclass(frozen=True)
class Recording:
    """Runs in order, with the seconds of each; costs by what was measured."""

    runs: list[Body]
    costs: dict[str, Body] = field(default_factory=dict)

    def provenance(self) -> Body:
        """The commit that recorded the latest run, and all runs."""
        kept = [{key: run[key] for key in RUN_KEYS if key in run} for run in self.runs]
        return {"commit": self.runs[-1]["commit"], "runs": kept}

    def cost(self) -> Body:
        """What was spent: seconds of compiling (wall) and of trials (GPU), and two comparisons.

        The first run's compiling is the cold one; a run that goes on after a kill finds the
        binaries in the cache, one on another machine compiles again.
        """
        out: Body = {
            "compile_seconds": float(sum(run["compile_seconds"] for run in self.runs)),
            "cold_compile_seconds": float(self.runs[0]["compile_seconds"]),
            "binaries": int(self.runs[0]["binaries"]),
            "runs": len(self.runs),
            "trial_seconds": float(sum(run["trial_seconds"] for run in self.runs)),
            "cpus": max(run["cpus"] for run in self.runs),
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


def read_recording(path: Path) -> Recording:
    """Read runs.json. InputError names the missing field."""
    value = read_json(path)
    if not isinstance(value, dict) or not value.get("runs"):
        raise InputError(f"{path}: holds no runs; consolidate the ledger again")
    try:
        costs = {entry["what"]: entry for entry in value.get("cost", [])}
        recording = Recording(value["runs"], costs)
        recording.cost()
        recording.provenance()
    except (KeyError, TypeError, StatisticsError) as error:
        raise InputError(f"{path}: lacks {error}; consolidate the ledger again") from error
    return recording
