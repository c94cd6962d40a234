"""G3: K, spec and strategies were fixed before the first measurement that they judge.

A run line stands in a ledger before its attempts, and the ledger's chain of hashes (checked by
scripts.ledger.scan) keeps that order: a spec whose hash stands in the run line is older than what
the run measured. Recordings from before there was a locked spec hold the hash of their protocol
instead; its numbers stand in the same line. A prediction counts only if its model had not seen the
recording that it is stamped on. Strategies are replayed only on cells of which the whole space was
measured, so that none had a say in what there is to find.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.claims.guardrail import Evidence, Guardrail, made
from scripts.claims.guardrail import recorded as recorded_file
from scripts.claims.inputs import Dataset
from scripts.lib.files import InputError
from scripts.lib.spec import LOCK, SPEC, Locked, locked_spec, parse_spec, read_lock

RULE = "K, spec and strategies are frozen before the first measurement that they judge"


def judge_frozen(
    datasets: Sequence[Dataset],
    rates: tuple[Path, pd.DataFrame],
    ledgers: tuple[Path, Mapping[str, Any]],
    whole: tuple[Path, pd.DataFrame],
    recorded: pd.DataFrame,
    spec: tuple[Path, Path] = (SPEC, LOCK),
) -> Guardrail:
    """G3. ``rates``, ``ledgers``, ``whole``: paths and contents of RATES, of what the ledger scan
    found, of VERDICTS. ``recorded``: RECORDED."""  # noqa: D205,D209
    findings = list(_of_spec(spec, *rates))
    versions = {version.hash: version for version in read_lock(spec[1])}
    for dataset in datasets:
        findings += _of_runs(dataset, versions)
        findings += _of_attempts(dataset)
        findings += _of_predictions(dataset, datasets)
    path, scanned = ledgers
    # A dataset that was measured just now is scanned when its ledger is recorded.
    kept = {one.name for one in datasets if (one.folder / "ledger.columns.xz").is_file()}
    findings += _of_ledgers(path, scanned, kept)
    replayed = set(whole[1].loc[whole[1]["regret"].notna(), "cell_id"])
    findings += _of_replay(whole[0], replayed, recorded)
    locked = sum(run.get("spec_hash") in versions for one in datasets for run in one.runs)
    runs = sum(len(one.runs) for one in datasets)
    evidence = [
        Evidence(
            spec[1],
            f"make {path.as_posix()}",
            f"{locked} of {runs} runs hold its hash, the others their protocol's",
        ),
        made(path, f"{len(scanned.get('ledgers', []))} chains hold: runs stand before attempts"),
        *(
            recorded_file(one.folder / "runs.json", f"{len(one.runs)} runs from {one.started}")
            for one in datasets
        ),
        made(
            whole[0],
            f"regret on {len(replayed)} cells, measured whole: strategies chose none of it",
        ),
        made(rates[0], "searches are read off at the spec's trials and trial budgets"),
    ]
    return Guardrail("G3", RULE, evidence, findings)


def _of_spec(spec: tuple[Path, Path], path: Path, rates: pd.DataFrame) -> Iterator[str]:
    """Searches are read off at K and at the trial budgets of the spec, and nowhere else."""
    try:
        found = parse_spec(locked_spec(*spec).spec, str(spec[1]))
    except InputError as error:
        yield str(error)
        return
    budgets = set(rates.loc[rates["strategy"] != "exhaustive", "K"])
    for other in sorted(budgets - set(found.trial_budgets)):
        yield f"{path}: K: {other} is none of the spec's trial_budgets; leave it out"
    if found.trials not in budgets:
        yield f"{path}: K: nothing is read off at the spec's trials, {found.trials}; add it"


def _of_runs(dataset: Dataset, versions: Mapping[str, Locked]) -> Iterator[str]:
    path = dataset.folder / "runs.json"
    if not dataset.runs:
        yield f"{path}: runs is empty; consolidate the ledger again"
    for run in dataset.runs:
        where = f"{path}: {run.get('run_id')}"
        stated, protocol = run.get("spec_hash"), protocol_hash(run.get("protocol"))
        if "protocol_hash" not in run and "conditions" not in run:
            if stated != protocol:
                yield (
                    f"{where}: spec_hash is {stated}, its protocol's hash {protocol}; restore it"
                )
        elif stated not in versions:
            yield f"{where}: spec_hash {stated} is no version of the lock; restore {LOCK}"
        elif str(run.get("started", ""))[:10] < versions[str(stated)].date:
            yield (
                f"{where}: started {run.get('started')}, before its spec was locked, "
                f"{versions[str(stated)].date}; measure it again under the spec in force"
            )
        elif versions[str(stated)].spec.get("protocol_hash") != protocol:
            yield f"{where}: protocol is not the spec's ({protocol}); measure it again"


def protocol_hash(protocol: object) -> str:
    """The hash by which specs and ledgers name a protocol's numbers."""
    return hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()[:16]


def _of_attempts(dataset: Dataset) -> Iterator[str]:
    specs = {str(run.get("run_id")): run.get("spec_hash") for run in dataset.runs}
    pairs = dataset.trials[["run_id", "spec_hash"]].drop_duplicates()
    for run_id, spec in pairs.itertuples(index=False, name=None):
        if specs.get(run_id) != spec:
            yield (
                f"{dataset.folder}/trials.parquet: {run_id}: spec_hash is {spec}, its run's is "
                f"{specs.get(run_id)}; consolidate the ledger again"
            )


def _of_predictions(dataset: Dataset, datasets: Sequence[Dataset]) -> Iterator[str]:
    """Predictions come from a recorded model that was trained on earlier recordings only."""
    stamped = dataset.trials[dataset.trials["predicted_us"].notna()]
    last = {one.name: one.last_started for one in datasets}
    where = f"{dataset.folder}/trials.parquet"
    if stamped["model_version"].isna().any():
        yield f"{where}: model_version is missing beside predictions; stamp the plan again"
    for version in stamped["model_version"].dropna().unique():
        models = [one for one in datasets if (one.model or {}).get("version") == version]
        own = [one for one in models if one is dataset] or models
        if not any(_precedes(one.model, dataset, last) for one in own):
            yield (
                f"{where}: model_version {version}: no recorded model of that version was trained "
                f"on earlier recordings only; record the model beside the dataset"
            )


def _precedes(model: Any, dataset: Dataset, last: Mapping[str, str]) -> bool:
    seen: Collection[str] = (model.get("evidence") or {}).get("data") or {}
    return bool(seen) and all(
        name != dataset.name and "" < last.get(name, "") < dataset.started for name in seen
    )


def _of_ledgers(path: Path, scanned: Mapping[str, Any], wanted: set[str]) -> Iterator[str]:
    found = {Path(one["ledger"]).parent.name for one in scanned.get("ledgers", [])}
    for name in sorted(wanted - found):
        yield f"{path}: ledgers: {name} was not scanned; scan all of them"
    for one in scanned.get("findings", []):
        yield f"{one['ledger']}:{one['line']}: {one['field']}: {one['problem']}; {one['fix']}"


def _of_replay(path: Path, replayed: set[str], recorded: pd.DataFrame) -> Iterator[str]:
    complete = set(recorded.loc[recorded["complete"], "cell_id"])
    for cell_id in sorted(replayed - complete):
        yield (
            f"{path}: {cell_id}: has a regret, but no dataset holds its whole space; leave it out "
            "or measure the rest"
        )
