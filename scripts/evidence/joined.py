"""Sets of one suite taken together: what was recorded on one machine, against that of all others.

The unit of noise is the boot, and memory falls out anew in each of them, so that two sets of two
boots say more than one. Only sets that share all premises are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.evidence import host

Set = Mapping[str, Any]
_HERE, _UNLIKE = (host.SAME_GPU, host.SAME_MACHINE), "unlike"


def sides(
    repeats: Sequence[tuple[str, str]], held: Mapping[str, Set]
) -> Iterator[tuple[list[str], list[str]]]:
    """The sets to compare, by name: earlier ones, and re-runs. ``repeats``: (first, re-run), in
    time.

    A re-run stands against its first. Was it made on another machine, then all sets of the suite
    that were made on its machine stand together, once, against all before them that were not.
    """  # noqa: D205
    for number, (first, second) in enumerate(repeats):
        before = [first, *(again for once, again in repeats[:number] if once == first)]
        after = [again for once, again in repeats[number + 1 :] if once == first]
        of = {name: _relation(held, name, second) for name in (*before, *after)}
        if of[first] != host.OTHER:
            yield [first], [second]
        elif not any(of[name] in _HERE for name in after):
            mine = [name for name in before if of[name] in _HERE]
            yield [name for name in before if of[name] == host.OTHER], [*mine, second]


def _relation(held: Mapping[str, Set], name: str, second: str) -> str:
    """Of two sets' machines; none, if any premise tells them apart."""
    ours, theirs = held[name]["set"], held[second]["set"]
    alike = ours["premises"] == theirs["premises"]
    return host.relation(ours, theirs) if alike else _UNLIKE


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
