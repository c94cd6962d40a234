"""What a re-run says of an earlier set of evidence, in one word with its reasons.

Premises come first: where they differ nothing is compared. Then, hardest first, the number of
calls, the kernels' times, the order of the legs and the answers. What was reproduced under an
option that exists now and was off is no longer what the engine can do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.evidence import answers, changes, reasons
from scripts.evidence.answers import Accuracy
from scripts.evidence.changes import Change
from scripts.evidence.collect import NOT_ASKED, UNWATCHED
from scripts.evidence.order import KEPT, NO_ORDER, OPEN, TURNED, Pair, order

STANDS, CHANGED, UNDECIDED = "stands", "changed", "undecided"
NOT_COMPARABLE, OUTDATED = "not comparable", "reproduced but no longer valid"
VERDICTS = (STANDS, CHANGED, NOT_COMPARABLE, UNDECIDED, OUTDATED)
ABSENT = "absent"
LEAST = 2  # repeats of a boot, where a suite does not say (scripts.evidence.suite)


@dataclass(frozen=True)
class Premise:
    """One premise in both sets."""

    name: str
    first: str
    second: str
    allowed: bool = False

    @property
    def equal(self) -> bool:
        """Whether it hinders no comparison: the same in both, or what is under test."""
        return self.first == self.second or self.allowed


@dataclass(frozen=True)
class Comparison:
    """``visible``: smallest relative change of a judged kernel's time that would have been seen,
    the worst of them."""  # noqa: D205,D209

    verdict: str
    reasons: tuple[str, ...]
    premises: tuple[Premise, ...]
    kernels: tuple[Change, ...] = ()
    pairs: tuple[Pair, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    outdated: tuple[str, ...] = ()
    failed: tuple[str, ...] = field(default=())

    @property
    def unequal(self) -> list[str]:
        """Names of the premises that hinder."""
        return [one.name for one in self.premises if not one.equal]

    @property
    def calls_equal(self) -> bool | None:
        """None where nothing was compared."""
        return all(one.calls_equal for one in self.kernels) if self.kernels else None

    @property
    def order_kept(self) -> bool | None:
        """None where it could not be told, or there is no order to keep."""
        words = {pair.word for pair in self.pairs}
        if TURNED in words:
            return False
        return None if OPEN in words or not words - {NO_ORDER} else True

    @property
    def visible(self) -> float | None:
        """None where nothing was compared, or nothing is known of the noise."""
        known = [one.visible for one in self.kernels if one.judged and one.visible == one.visible]
        return max(known, default=None)


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], allowed: Collection[str] = ()
) -> Comparison:
    """Two sets as ``collect.read_set`` gives them. ``allowed``: premises that are under test."""
    premises = both_premises(first["set"], second["set"], allowed)
    unequal = [one for one in premises if not one.equal]
    if unequal:
        differ = tuple(f"{one.name}: {one.first} against {one.second}" for one in unequal)
        return Comparison(NOT_COMPARABLE, differ, premises)
    failed = tuple(
        f"{which} set, {name}: {leg['outcome']}, {leg['reason'].partition(chr(10))[0]}"
        for which, held in (("first", first), ("second", second))
        for name, leg in held["legs"].items() if leg["outcome"] != "ok"
    )  # fmt: skip
    timed, answered = _in_both(first, second, whole_timing), _in_both(first, second, whole_answers)
    if not timed and not answered:
        return Comparison(UNDECIDED, failed or ("no leg is in both",), premises, failed=failed)
    ours, theirs = ({leg: held["legs"][leg] for leg in timed} for held in (first, second))
    kernels = tuple(changes.changes(ours, theirs))
    pairs = tuple(order(ours, theirs, models(first["set"])))
    accuracy = tuple(answers.compare(first["legs"], second["legs"], answered))
    found = (kernels, pairs, accuracy)
    moved, open_ = reasons.against(*found), reasons.unknown(*found)
    outdated = tuple(options_off(second))
    if moved:
        verdict, told = CHANGED, moved
    elif failed or open_:
        verdict, told = UNDECIDED, [*failed, *open_]
    elif outdated:
        verdict = OUTDATED
        told = [f"{name} exists now and was off" for name in outdated]
    else:
        verdict, told = STANDS, []
    return Comparison(verdict, tuple(told), premises, *found, outdated, failed)


def whole_timing(leg: Mapping[str, Any], suite: Mapping[str, Any]) -> bool:
    """Whether each of a leg's boots was timed the least number of times, and all of it watched."""
    repeats: dict[str, set[int]] = {}
    for boot, repeat, *_ in leg["kernels"]["rows"]:
        repeats.setdefault(boot, set()).add(repeat)
    least = min(suite.get("least", LEAST), suite["repeats"])
    enough = [boot for boot, found in repeats.items() if len(found) >= least]
    return len(enough) >= suite["boots"] and not leg["gaps"] and leg["outcome"] != UNWATCHED


def whole_answers(leg: Mapping[str, Any], suite: Mapping[str, Any]) -> bool:
    """Whether a leg was asked all its questions, and all of that watched."""
    asked = len(leg["answers"]) == suite["questions"] and NOT_ASKED not in leg["answers"]
    return asked and not leg["gaps"] and leg["outcome"] != UNWATCHED


def _in_both(
    first: Mapping[str, Any], second: Mapping[str, Any],
    whole: Callable[[Mapping[str, Any], Mapping[str, Any]], bool],
) -> list[str]:  # fmt: skip
    """Legs that are whole in both sets, and had the small model in one form."""
    found = []
    for name, leg in first["legs"].items():
        other = second["legs"].get(name)
        if other is None or len({leg.get("form"), other.get("form")} - {None}) > 1:
            continue
        if whole(leg, first["set"]["suite"]) and whole(other, second["set"]["suite"]):
            found.append(name)
    return found


def both_premises(
    first: Mapping[str, Any], second: Mapping[str, Any], allowed: Collection[str]
) -> tuple[Premise, ...]:
    """Every premise of either set, the first's order."""
    ours, theirs = first["premises"], second["premises"]
    names = [*ours, *(name for name in theirs if name not in ours)]
    return tuple(
        Premise(n, str(ours.get(n, ABSENT)), str(theirs.get(n, ABSENT)), n in allowed)
        for n in names
    )


def models(held: Mapping[str, Any]) -> dict[str, str]:
    """Leg -> the model that is timed, as text: legs of one model have an order."""
    return {
        one["name"]: repr(sorted((k, repr(v)) for k, v in one["engine"].items()
                                 if k in ("model", "layers", "quantization", "weights")))
        for one in held["suite"]["legs"]
    }  # fmt: skip


def options_off(second: Mapping[str, Any]) -> list[str]:
    """Options that the second set's engine has and that a leg of it had off."""
    exist = second["set"]["options"]
    off = {name for leg in second["legs"].values() for name, on in leg["options"].items() if not on}
    return sorted(name for name in off if exist.get(name))


__all__ = ["KEPT", "VERDICTS", "Comparison", "Premise", "compare"]
