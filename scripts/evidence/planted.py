"""Changes put into a set, one at a time, to see that each gets the word that it deserves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from scripts.evidence.answers import FEW
from scripts.evidence.changes import series
from scripts.evidence.collect import RIGHT, TIMEOUT, UNWATCHED, WRONG
from scripts.evidence.verdict import CHANGED, NOT_COMPARABLE, OUTDATED, STANDS, UNDECIDED, compare

SLOWER = 1.05
Set = dict[str, Any]


class Planted(NamedTuple):
    """A change, the word it must get, and the one that it got, with its first reason."""

    change: str
    wanted: str
    verdict: str
    reason: str


def slower_kernel(first: Set, second: Set) -> None:
    """The first leg's kernel with the largest share of a decode step, by a twentieth."""
    kernels, place = _largest(second["legs"])
    for row in kernels["rows"]:
        if row[3] == place:
            row[5] *= SLOWER


def _largest(legs: Mapping[str, Any]) -> tuple[Any, int]:
    """The kernels of the first leg, and the place of the one that takes most."""
    leg = next(iter(legs))
    own = {k: one.share for (_, phase, k), one in series({leg: legs[leg]}).items()
           if phase == "decode" and not one.summed}  # fmt: skip
    kernels = legs[leg]["kernels"]
    return kernels, kernels["names"].index(max(own, key=lambda kernel: own[kernel]))


def one_call_more(first: Set, second: Set) -> None:
    """Of that kernel, in every repeat."""
    kernels, place = _largest(second["legs"])
    for row in kernels["rows"]:
        if row[3] == place and row[2] == "decode":
            row[4], row[5] = row[4] + 1, row[5] * (row[4] + 1) / row[4]


def another_driver(first: Set, second: Set) -> None:
    """Its version's last digit."""
    driver = second["set"]["premises"]["driver"]
    second["set"]["premises"]["driver"] = driver[:-1] + ("1" if driver[-1] != "1" else "2")


def option_off(first: Set, second: Set) -> None:
    """In both sets, as where an environment was kept and the engine has moved on."""
    name = next(iter(second["set"]["options"]))
    second["set"]["options"][name] = True
    for held in (first, second):
        for leg in held["legs"].values():
            leg["options"][name] = False


def worse_answers(first: Set, second: Set) -> None:
    """Every tenth question that was right is wrong in the first leg that was asked."""
    for leg in second["legs"].values():
        right = [n for n, word in enumerate(leg["answers"]) if word == RIGHT]
        for n in right[::10]:
            leg["answers"][n] = WRONG
        if right:
            return


def late_answers(first: Set, second: Set) -> None:
    """Ten answers right before never came to their end."""
    for leg in second["legs"].values():
        right = [n for n, word in enumerate(leg["answers"]) if word == RIGHT]
        for n in right[-10:]:
            leg["answers"][n] = TIMEOUT
        if right:
            return


def turned_order(first: Set, second: Set) -> None:
    """The fastest leg's and the slowest leg's kernels change places, with all their calls."""
    legs = list(second["legs"])
    held = second["legs"]
    held[legs[0]]["kernels"], held[legs[-1]]["kernels"] = (
        held[legs[-1]]["kernels"], held[legs[0]]["kernels"],
    )  # fmt: skip


def unwatched_leg(first: Set, second: Set) -> None:
    """The watchdog's line was missing for a while in one leg."""
    leg = next(iter(second["legs"].values()))
    leg["outcome"], leg["reason"] = UNWATCHED, "no line on memory from 30 to 90 s"


CHANGES: Mapping[str, tuple[Callable[[Set, Set], None], str]] = {
    "a kernel slower by a twentieth": (slower_kernel, CHANGED),
    "one call more": (one_call_more, CHANGED),
    "another driver": (another_driver, NOT_COMPARABLE),
    "an option off": (option_off, OUTDATED),
    "a tenth of the answers worse": (worse_answers, CHANGED),
    "ten answers that never end": (late_answers, CHANGED),
    "the legs' kernels exchanged": (turned_order, CHANGED),
    "a leg without its watchdog": (unwatched_leg, UNDECIDED),
}


def planted(first: Set, second: Set) -> list[Planted]:
    """Each change put into copies of two sets, of their legs that are whole in both.

    An option that is off outdates only what was reproduced: where the sets leave it open, so does
    that. FEW questions at least must have been asked to make answers worse.
    """
    legs = [leg for leg, held in first["legs"].items()
            if held["outcome"] == "ok" == second["legs"].get(leg, {}).get("outcome")]  # fmt: skip
    ours, theirs = ({**held, "legs": {leg: held["legs"][leg] for leg in legs}}
                    for held in (first, second))  # fmt: skip
    if not legs:
        return []
    base = compare(ours, theirs).verdict
    asked = max(len(leg["answers"]) for leg in theirs["legs"].values())
    out = []
    for name, (change, wanted) in CHANGES.items():
        if change in (worse_answers, late_answers) and asked < FEW:
            continue
        if change is turned_order and len(legs) < 2:
            continue
        a, b = copy.deepcopy(ours), copy.deepcopy(theirs)
        change(a, b)
        found = compare(a, b)
        open_ = change is option_off and base not in (STANDS, OUTDATED)
        reason = (found.reasons or ("",))[0]
        out.append(Planted(name, base if open_ else wanted, found.verdict, reason))
    return out
