"""Lines outside their run; runs whose spec is not a locked one or whose command does not parse."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator

from scripts.ledger.checks.command import why_not_replayable
from scripts.ledger.checks.finding import RESTORE, Body, Finding, Ledger


def stray_lines(ledger: Ledger) -> Iterator[Finding]:
    """Lines of a run that never began or had ended, at the first of each such run."""
    ended: set[str] = set()
    seen: dict[tuple[str, str], Finding] = {}
    more: Counter[tuple[str, str]] = Counter()
    for line in ledger.lines:
        if "run_id" not in line.body:
            continue
        run_id, kind = line.body["run_id"], line.body["kind"]
        if kind == "run" and ledger.runs[run_id] is not line:
            problem = f"is that of line {ledger.runs[run_id].number} too"
        elif ledger.run_of(line) is None:
            problem = f"there is no run {run_id} before this line"
        elif run_id in ended:
            problem = f"the run {run_id} had ended"
        else:
            ended |= {run_id} if kind == "end" else set()
            continue
        key = (run_id, problem)
        seen.setdefault(key, ledger.find(line, "run_id", problem, RESTORE))
        more[key] += 1
    for key, finding in seen.items():
        others = f" ({more[key] - 1} lines after it likewise)" if more[key] > 1 else ""
        yield finding._replace(problem=finding.problem + others)


def wrong_specs(ledger: Ledger, locked: Collection[str]) -> Iterator[Finding]:
    """Runs under a spec that is not in the lock, attempts under another one than their run's.

    A run line with neither ``protocol_hash`` nor ``conditions`` is from before there was a spec:
    its ``spec_hash`` must be the hash of the protocol that stands in the same line. Where there is
    a ``protocol_hash`` that one must be.
    """
    unlocked = "judge it by a version of data/spec.lock.json, or restore the lock"
    for line in ledger.of("run"):
        run, protocol = line.body, _hash_of(line.body["protocol"])
        if "protocol_hash" not in run and "conditions" not in run:
            if run["spec_hash"] != protocol:
                yield ledger.find(line, "spec_hash", _differs(run["spec_hash"], protocol), RESTORE)
            continue
        if run.get("protocol_hash") != protocol:
            problem = _differs(run.get("protocol_hash"), protocol)
            yield ledger.find(line, "protocol_hash", problem, RESTORE)
        if run["spec_hash"] not in locked:
            problem = f"{run['spec_hash']} is no version of the locked spec"
            yield ledger.find(line, "spec_hash", problem, unlocked)
    for line in ledger.of("attempt"):
        spec, owner = line.body.get("spec_hash"), ledger.run_of(line)
        if owner is not None and spec != (owner["spec_hash"] if "conditions" in owner else None):
            problem = f"{spec} is not the run's, {owner['spec_hash']}"
            yield ledger.find(line, "spec_hash", problem, RESTORE)


def _hash_of(protocol: Body) -> str:
    """As scripts.measure.protocol.Protocol.hash."""
    return hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()[:16]


def _differs(stated: object, found: str) -> str:
    return f"{stated} is not the hash of the line's protocol, {found}"


def wrong_commands(ledger: Ledger) -> Iterator[Finding]:
    """Runs whose command could not be given again."""
    for line in ledger.of("run"):
        problem = why_not_replayable(line.body["command"])
        if problem:
            fix = "a command keeps its module and options as long as a record names them"
            yield ledger.find(line, "command", problem, fix)
