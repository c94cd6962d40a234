"""E1-E6: the study is over only if all of these hold, each with its evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.claims.guardrail import Evidence, Guardrail, made, recorded
from scripts.claims.inputs import records
from scripts.lib.files import InputError
from scripts.lib.manifest import MANIFEST, read_manifest, verify
from scripts.lib.provenance import upstream_commit
from scripts.lib.spec import Spec

RULES = {
    "E1": "the corpus is the whole history at the pinned commit",
    "E2": "every cell of the measured GPU's files has a committed config that ran, or a reason",
    "E3": "each headline metric stands in the tables with an interval and its n",
    "E4": "identical configs are called a win no more often than the spec allows, interval and all",
    "E5": "every recorded file is the one on record, and the ledgers hold what their sweeps wrote",
    "E6": "every line of evidence names a file that is there and a command that can be given",
}
VERDICTS = ("win", "tie", "loss", "within_2", "within_5", "within_10")
_ENDS = ["mean", "low", "high"]


@dataclass(frozen=True)
class Study:
    """What the exit conditions are judged on; ``paths`` by the names of the other fields."""

    paths: Mapping[str, Path]
    history: pd.DataFrame
    coverage: pd.DataFrame
    gaps: pd.DataFrame
    rates: pd.DataFrame
    false_wins: pd.DataFrame
    ledger: Mapping[str, Any]


def judge_exits(
    study: Study, spec: Spec, targets: Collection[str], others: Sequence[Guardrail]
) -> list[Guardrail]:
    """E1-E6. ``others``: the guardrails, whose evidence E6 looks at as well."""
    conditions = [
        _pinned(study),
        _measured(study),
        _headline(study, targets),
        _calibrated(study, spec),
        _on_record(study),
    ]
    return [*conditions, _traceable([*others, *conditions])]


def _pinned(study: Study) -> Guardrail:
    pin, path = upstream_commit(study.paths["upstream"]), study.paths["history"]
    found = study.history["pinned_commit"].unique()
    findings = [
        f"{path}: pinned_commit is {other}, {study.paths['upstream']} says {pin}; mine it again"
        for other in found
        if other != pin
    ]
    if not len(found):
        findings.append(f"{path}: holds no row; mine it again")
    says = f"{study.history['file'].nunique()} files, {len(study.history):,} rows, all at {pin}"
    return _guardrail("E1", [recorded(path, says)], findings)


def _measured(study: Study) -> Guardrail:
    coverage, path = study.coverage, study.paths["coverage"]
    named = coverage.assign(excused=coverage["reason"].notna()).groupby("cell_id")
    ran, excused = named["committed"].any(), named["excused"].all()
    findings = [
        f"{path}: {cell_id}: committed: did not run and nothing says why; measure the cell"
        for cell_id in ran.index[~ran & ~excused]
    ]
    says = f"{int(ran.sum())} of {len(ran)} cells, {int(excused.sum())} with a reason why not"
    return _guardrail("E2", [made(path, says)], findings)


def _headline(study: Study, targets: Collection[str]) -> Guardrail:
    findings = []
    for name in ("gaps", "rates"):
        table: pd.DataFrame = getattr(study, name)
        for row in records(table[(table["n"] > 0) & table[_ENDS].isna().any(axis=1)]):
            findings.append(
                f"{study.paths[name]}: {row.source}->{row.target} {row.metric}: has a mean of "
                f"{row.n} rows without an interval; make the table again"
            )
        if table.empty or not table["target"].isin(targets).any():
            findings.append(f"{study.paths[name]}: holds no pair into {', '.join(targets)}")
    pairs = study.rates.groupby(["source", "target", "strategy", "K"])["metric"].agg(set)
    for key, metrics in pairs.items():
        for missing in sorted(set(VERDICTS) - metrics):
            findings.append(f"{study.paths['rates']}: {key}: metric {missing} is missing")
    evidence = [
        made(study.paths[name], f"{len(getattr(study, name)):,} estimates with intervals")
        for name in ("gaps", "rates")
    ]
    return _guardrail("E3", evidence, findings)


def _calibrated(study: Study, spec: Spec) -> Guardrail:
    path = study.paths["false_wins"]
    every = study.false_wins[study.false_wins["dataset"] == "all"]
    findings = [
        f"{path}: {row.device} {row.metric}: up to {row.high:.2%} of identical pairs, the spec "
        f"allows false_win_rate {spec.false_win_rate:.2%}; widen win_margin by a new version"
        for row in records(every)
        if not row.high <= spec.false_win_rate
    ]
    # A bad recording does not hide among good ones; few pairs of one prove nothing against it.
    findings += [
        f"{path}: {row.dataset} {row.metric}: at least {row.low:.2%} of identical pairs, the spec "
        f"allows false_win_rate {spec.false_win_rate:.2%}; measure its finals again"
        for row in records(study.false_wins[study.false_wins["dataset"] != "all"])
        if row.low > spec.false_win_rate
    ]
    if every.empty:
        findings.append(f"{path}: dataset: no row of all datasets; make the table again")
    says = ", ".join(f"{row.metric} {row.mean:.2%} (up to {row.high:.2%}) of {row.n:,}"
                     for row in records(every))  # fmt: skip
    return _guardrail("E4", [made(path, says)], findings)


def _on_record(study: Study) -> Guardrail:
    findings, paths = [], read_manifest()
    for path in paths:
        try:
            verify(path)
        except InputError as error:
            findings.append(str(error))
    for one in study.ledger.get("findings", []):
        findings.append(f"{one['ledger']}:{one['line']}: {one['field']}: {one['problem']}")
    lines = sum(one["lines"] for one in study.ledger.get("ledgers", []))
    evidence = [
        recorded(MANIFEST, f"{len(paths)} files as listed"),
        made(study.paths["ledger"], f"{lines:,} lines of ledgers, no violation"),
    ]
    return _guardrail("E5", evidence, findings)


def _traceable(others: Sequence[Guardrail]) -> Guardrail:
    findings, named = [], set[Path]()
    for guardrail in others:
        if not guardrail.evidence:
            findings.append(f"{guardrail.name}: evidence: there is none")
        for one in guardrail.evidence:
            named.add(one.path)
            if not can_be_given(one.command):
                findings.append(f"{guardrail.name}: command: {one.command!r} cannot be given")
            if not one.path.is_file():
                findings.append(f"{one.path}: not found; make it by: {one.command}")
    says = f"{len(named)} files are evidence, each with the command that makes or checks it"
    return _guardrail("E6", [recorded(MANIFEST, says)], findings)


def can_be_given(command: str) -> bool:
    """Whether it is ``make`` of a file or ``python -m`` of a module that is there."""
    words = command.split()
    if words[0] == "make":
        return len(words) == 2 and "/" in words[1]
    try:
        return words[:2] == ["python", "-m"] and find_spec(words[2]) is not None
    except (IndexError, ModuleNotFoundError):
        return False


def _guardrail(name: str, evidence: Sequence[Evidence], findings: Sequence[str]) -> Guardrail:
    return Guardrail(name, RULES[name], evidence, findings)
