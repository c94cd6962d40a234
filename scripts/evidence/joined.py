"""Sets of one suite taken together: what was recorded on other machines, against a re-run's own.

The unit of noise is the boot, and memory falls out anew in each of them, so that two sets of two
boots say more than one. Only sets that share all premises are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.evidence import host

Set = Mapping[str, Any]


def earlier(names: Sequence[str], held: Mapping[str, Set], second: str) -> list[str]:
    """The sets to hold a re-run against: the first of ``names``, and where that was made on another
    machine than ``second`` all of them that were, and share its premises."""  # noqa: D205,D209
    first = names[0]
    of = {name: host.relation(held[name]["set"], held[second]["set"]) for name in names}
    if of[first] != host.OTHER:
        return [first]
    premises = held[first]["set"]["premises"]
    return [n for n in names if of[n] == host.OTHER and held[n]["set"]["premises"] == premises]


def joined(sets: Sequence[Set]) -> Set:
    """One set of the boots of all. Questions are compared one by one: answers are the first's."""
    if len(sets) == 1:
        return sets[0]
    head = sets[0]["set"]
    suite = {**head["suite"], "boots": sum(one["set"]["suite"]["boots"] for one in sets)}
    provenance = [row for one in sets for row in one["set"]["provenance"]]
    legs = {
        name: _leg([one["legs"][name] for one in sets])
        for name in sets[0]["legs"] if all(name in one["legs"] for one in sets)
    }  # fmt: skip
    return {"set": {**head, "suite": suite, "provenance": provenance}, "legs": legs}


def _leg(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(n for part in parts for n in part["kernels"]["names"]))
    rows = [
        [f"{number}:{boot}", repeat, phase, names.index(part["kernels"]["names"][at]), *rest]
        for number, part in enumerate(parts)
        for boot, repeat, phase, at, *rest in part["kernels"]["rows"]
    ]
    failed = next((part for part in parts if part["outcome"] != "ok"), parts[0])
    return {
        **parts[0],
        "outcome": failed["outcome"],
        "reason": failed["reason"],
        "boots": [boot for part in parts for boot in part["boots"]],
        "options": {n: all(part["options"][n] for part in parts) for n in parts[0]["options"]},
        "kernels": {"names": names, "rows": rows},
        "times": [row for part in parts for row in part["times"]],
        "gaps": [gap for part in parts for gap in part["gaps"]],
    }
