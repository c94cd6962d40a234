"""Lines whose fields are missing or of another type, which no other check could judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.ledger.checks.finding import Body
from scripts.lib.outcome import NotMeasured, Outcome

_NUMBER = (int, float)
_RUN = {"run_id": str}
_CELL = _RUN | {"cell_id": str}
STATISTICS = ("median_us", "p95_us", "low_us", "high_us")
# By kind, the fields that the checks and the tables cannot do without.
_FIELDS: dict[str, dict[str, Any]] = {
    "run": _RUN | {
        "spec_hash": str, "kernel_hash": str, "protocol": dict, "gpu": dict, "command": str,
    },
    "attempt": _CELL | {"config_id": str, "order": int, "outcome": str, "gpu_seconds": _NUMBER},
    "anchor": _CELL | {"order": int, "median_us": _NUMBER, "samples": int},
    "finals": _CELL | {"slots": list, "us": list},
    "cell": _CELL | {"gpu_seconds": _NUMBER},
    "compile": _RUN | {"binary_id": str, "outcome": str},
    "compiled": _RUN | {"binaries": int, "seconds": _NUMBER},
    "disturbance": _RUN,
    "search": _CELL | {"source": str, "budget": int, "config_ids": list, "ended": str},
    "end": _RUN | {"ended": str},
    "cost": {"what": str},
}  # fmt: skip
# Fields that a line need not have, or that may be null.
_OPTIONAL: dict[str, Any] = {
    "supersedes": str, "committed_id": str, "anchor_id": str, "run_id": str, "spec_hash": str,
}  # fmt: skip
_OUTCOMES, _REASONS = frozenset(Outcome), frozenset(NotMeasured)
_TIMED = dict.fromkeys(STATISTICS, _NUMBER) | {"samples": int}


def wrong_fields(body: Body) -> Iterator[tuple[str, str]]:
    """Each field of a line that is not as it should be, and what is wrong with it."""
    expected = _FIELDS.get(body.get("kind", ""))
    if expected is None:
        yield "kind", f"is {body.get('kind')!r}, none of {', '.join(_FIELDS)}"
        return
    if body["kind"] == "attempt" and body.get("outcome") == Outcome.CORRECT:
        expected = expected | _TIMED
    wrong = [name for name, kind in expected.items() if not _is(body.get(name), kind)]
    wrong += [
        name
        for name in (_OPTIONAL.keys() & body.keys()) - expected.keys()
        if not _is(body[name], _OPTIONAL[name] | None)
    ]
    for name in sorted(wrong):
        yield name, f"is {str(body[name])[:60]!r}" if name in body else "is missing"
    if not wrong:
        yield from _CONTENT.get(body["kind"], _nothing)(body)


def _is(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _nothing(body: Body) -> Iterator[tuple[str, str]]:
    return iter(())


def _of_run(run: Body) -> Iterator[tuple[str, str]]:
    if not isinstance(run["gpu"].get("uuid"), str):
        yield "gpu", "names no uuid"


def _of_attempt(attempt: Body) -> Iterator[tuple[str, str]]:
    if attempt["outcome"] not in _OUTCOMES:
        yield "outcome", f"is {attempt['outcome']!r}, none of {', '.join(Outcome)}"
    elif attempt["outcome"] == Outcome.NOT_MEASURED:
        if attempt.get("reason") not in _REASONS:
            yield "reason", f"is {attempt.get('reason')!r}, none of {', '.join(NotMeasured)}"
    elif attempt["outcome"] == Outcome.CORRECT:
        low, median, high = (attempt[name] for name in ("low_us", "median_us", "high_us"))
        # Also what is left to find of a copied median, see scripts.ledger.checks.copies.
        if not 0.0 < low <= median <= min(high, attempt["p95_us"]):
            yield "median_us", f"{median} is not within the attempt's own {low} to {high} us"


def _of_finals(finals: Body) -> Iterator[tuple[str, str]]:
    slots = len(finals["slots"])
    if not all(
        isinstance(row, list) and len(row) == slots and all(_is(us, _NUMBER) for us in row)
        for row in finals["us"]
    ):
        yield "us", f"is not a table of rounds with a number for each of {slots} slots"


_CONTENT = {"run": _of_run, "attempt": _of_attempt, "finals": _of_finals}
