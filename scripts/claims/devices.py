"""G4: every measured row comes from a real device, under a protocol that is on record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from scripts.claims.frozen import protocol_hash
from scripts.claims.guardrail import Guardrail, recorded
from scripts.claims.inputs import Dataset, records
from scripts.lib.outcome import Outcome

RULE = "every measured row comes from a real device, with its protocol"
_UUID = re.compile(r"GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f-]{8,36}")
_HASH = re.compile(r"[0-9a-f]{16}")
_AGAIN = "measure it again on a GPU"


def judge_devices(datasets: Sequence[Dataset]) -> Guardrail:
    """G4 over all recorded datasets, repetitions included."""
    findings = [finding for one in datasets for finding in _of_dataset(one)]
    evidence = []
    for one in datasets:
        gpus = sorted({str((run.get("gpu") or {}).get("uuid")) for run in one.runs})
        drivers = sorted({str((run.get("gpu") or {}).get("driver")) for run in one.runs})
        says = (
            f"{len(one.trials):,} rows of {len(gpus)} GPUs ({', '.join(gpus)}), "
            f"driver {', '.join(drivers)}"
        )
        evidence.append(recorded(one.folder / "trials.parquet", says))
    return Guardrail("G4", RULE, evidence, findings)


def _of_dataset(dataset: Dataset) -> Iterator[str]:
    for run in dataset.runs:
        for field, problem in _wrong_in_run(run):
            yield f"{dataset.folder}/runs.json: {run.get('run_id')}: {field}: {problem}; {_AGAIN}"
    devices = {str(run.get("run_id")): (run.get("gpu") or {}).get("device") for run in dataset.runs}
    yield from _of_cells(dataset, devices)
    yield from _of_trials(dataset, devices)


def _wrong_in_run(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    gpu = run.get("gpu") or {}
    if not _UUID.fullmatch(str(gpu.get("uuid", ""))):
        yield "gpu.uuid", f"{gpu.get('uuid')!r} is no GPU's"
    for field in ("driver", "name", "device"):
        if not gpu.get(field):
            yield f"gpu.{field}", "is missing"
    if (run.get("conditions") or {}).get("backend", "gpu") != "gpu":
        yield "conditions.backend", "is no GPU"
    if not isinstance(run.get("protocol"), dict) or not run["protocol"]:
        yield "protocol", "is missing"
    stated = run.get("protocol_hash", run.get("spec_hash"))
    if stated != protocol_hash(run.get("protocol")):
        yield "protocol_hash", f"{stated} is not the hash of the protocol beside it"
    if not _HASH.fullmatch(str(run.get("kernel_hash", ""))):
        yield "kernel_hash", f"{run.get('kernel_hash')!r} is no hash of kernel sources"


def _of_cells(dataset: Dataset, devices: dict[str, Any]) -> Iterator[str]:
    cells = dataset.cells
    wrong = (
        (cells["backend"] != "gpu")
        | (cells["device"] != cells["run_id"].map(devices))
        | (cells["device"] != cells["cell_id"].str.split("/").str[0])
    )
    for row in records(cells[wrong]):
        yield (
            f"{dataset.folder}/cells.parquet: {row.cell_id}: backend {row.backend}, device "
            f"{row.device}, but its run {row.run_id} is of {devices.get(str(row.run_id))}; {_AGAIN}"
        )


def _of_trials(dataset: Dataset, devices: dict[str, Any]) -> Iterator[str]:
    trials, path = dataset.trials, dataset.folder / "trials.parquet"
    own = trials["run_id"].map(devices)
    foreign = own != trials["cell_id"].str.split("/").str[0]
    refused = (trials["outcome"] == Outcome.NOT_MEASURED) & own.notna()
    for row in records(trials[foreign & ~refused]):
        yield f"{path}: {row.cell_id} {row.config_id}: run {row.run_id} is not of its GPU; {_AGAIN}"
    correct = trials[trials["outcome"] == Outcome.CORRECT]
    timed = (
        (correct["samples"] > 0)
        & (correct["low_us"] > 0)
        & (correct["low_us"] <= correct["median_us"])
        & (correct["median_us"] <= correct["high_us"])
        & correct["logits_diff"].notna()
    )
    for row in records(correct[~timed]):
        yield (
            f"{path}: {row.cell_id} {row.config_id}: median_us {row.median_us} without the samples "
            f"or the check of correctness that a measurement has; {_AGAIN}"
        )
    for row in records(
        trials[(trials["outcome"] != Outcome.CORRECT) & trials["median_us"].notna()]
    ):
        yield (
            f"{path}: {row.cell_id} {row.config_id}: median_us of a trial that is {row.outcome}; "
            f"{_AGAIN}"
        )
