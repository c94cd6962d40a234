"""Lines whose fields are missing or of another type, which no other check could judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.ledger.checks.finding import Body
from scripts.lib.outcome import NotMeasured, Outcome

# Types as they come from JSON: no value is of a subclass, and true is no number.
_TEXT, _WHOLE, _NUMBER, _LIST, _MAP = (str,), (int,), (int, float), (list,), (dict,)
_RUN = {"run_id": _TEXT}
_CELL = _RUN | {"cell_id": _TEXT}
STATISTICS = ("median_us", "p95_us", "low_us", "high_us")
# By kind, the fields that the checks and the tables cannot do without.
_FIELDS: dict[str, dict[str, Any]] = {
    "run": _RUN | {
        "spec_hash": _TEXT, "kernel_hash": _TEXT, "protocol": _MAP, "gpu": _MAP, "command": _TEXT,
    },
    "attempt": _CELL | {
        "config_id": _TEXT, "order": _WHOLE, "outcome": _TEXT, "gpu_seconds": _NUMBER,
    },
    "anchor": _CELL | {"order": _WHOLE, "median_us": _NUMBER, "samples": _WHOLE},
    "finals": _CELL | {"slots": _LIST, "us": _LIST},
    "cell": _CELL | {"gpu_seconds": _NUMBER},
    "compile": _RUN | {"binary_id": _TEXT, "outcome": _TEXT},
    "compiled": _RUN | {"binaries": _WHOLE, "seconds": _NUMBER},
    "disturbance": _RUN,
    "search": _CELL | {"source": _TEXT, "budget": _WHOLE, "config_ids": _LIST, "ended": _TEXT},
    "end": _RUN | {"ended": _TEXT},
    "cost": {"what": _TEXT},
}  # fmt: skip
# Fields that a line need not have, or that may be null.
_OPTIONAL = dict.fromkeys(("supersedes", "committed_id", "anchor_id", "run_id", "spec_hash"), _TEXT)
_OUTCOMES, _REASONS = frozenset(Outcome), frozenset(NotMeasured)
# Of an attempt that was timed.
_TIMED = _FIELDS["attempt"] | dict.fromkeys(STATISTICS, _NUMBER) | {"samples": _WHOLE}


def wrong_fields(body: Body) -> Iterator[tuple[str, str]]:
    """Each field of a line that is not as it should be, and what is wrong with it."""
    expected = _FIELDS.get(body.get("kind", ""))
    if expected is None:
        yield "kind", f"is {body.get('kind')!r}, none of {', '.join(_FIELDS)}"
        return
    if body["kind"] == "attempt" and body.get("outcome") == Outcome.CORRECT:
        expected = _TIMED
    wrong = [name for name, types in expected.items() if type(body.get(name)) not in types]
    wrong += [
        name
        for name, types in _OPTIONAL.items()
        if body.get(name) is not None and name not in expected and type(body[name]) not in types
    ]
    for name in sorted(wrong):
        yield name, f"is {str(body[name])[:60]!r}" if name in body else "is missing"
    if not wrong:
        yield from _CONTENT.get(body["kind"], _nothing)(body)


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
        isinstance(row, list) and len(row) == slots and all(type(us) in _NUMBER for us in row)
        for row in finals["us"]
    ):
        yield "us", f"is not a table of rounds with a number for each of {slots} slots"


_CONTENT = {"run": _of_run, "attempt": _of_attempt, "finals": _of_finals}
