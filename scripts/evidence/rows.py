"""Rows of the tables on evidence (scripts.lib.schemas.evidence), of sets and of comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scripts.evidence import host
from scripts.evidence.answers import CHANGED, NONE, SAME, UNSEEN
from scripts.evidence.changes import EQUAL, series
from scripts.evidence.collect import RIGHT, TIMEOUT, WRONG
from scripts.evidence.kinds import ATTENTION, MOE, REST
from scripts.evidence.planted import planted
from scripts.evidence.verdict import OUTDATED, STANDS, Comparison

Row = dict[str, Any]
_GIB = 2**30
_WORST = (CHANGED, UNSEEN, SAME, NONE)


def legs(name: str, held: Mapping[str, Any]) -> Iterator[Row]:
    """LEGS of a set."""
    suite = held["set"]["suite"]
    times = series(held["legs"])
    for leg, found in held["legs"].items():
        sums = {
            kind: _ms(times.get((leg, "decode", f"all {kind}")))
            for kind in (ATTENTION, MOE, REST, "kernels")
        }
        words = found["answers"]
        timed = {row[0] for row in found["kernels"]["rows"]}
        facts = [boot["facts"] for boot in found["boots"] if boot["facts"]]
        yield {
            "set": name, "suite": suite["name"], "device": suite["device"], "leg": leg,
            "outcome": found["outcome"], "reason": found["reason"].partition("\n")[0],
            "boots": len(timed),
            "repeats": len({(row[0], row[1]) for row in found["kernels"]["rows"]}),
            "step_ms": sums["kernels"], "attention_ms": sums[ATTENTION], "moe_ms": sums[MOE],
            "rest_ms": sums[REST], "token_ms": _median([row[4] for row in found["times"]]),
            "asked": sum(word in (RIGHT, WRONG, TIMEOUT) for word in words),
            "right": words.count(RIGHT), "wrong": words.count(WRONG),
            "timeouts": words.count(TIMEOUT),
            "peak_gib": _largest([one.get("peak_bytes") for one in facts]),
            "lines": len(found["memory"]),
            "files": _joined({file for one in facts for file in one.get("configs", [])}),
            "backend": _joined({one["moe_backend"] for one in facts if one.get("moe_backend")}),
        }  # fmt: skip


def _ms(one: Any) -> float | None:
    return None if one is None else round(float(one.us.mean()) / 1e3, 6)


def _median(seconds: Sequence[float | None]) -> float | None:
    known = [value for value in seconds if value is not None]
    return round(float(np.median(known)) * 1e3, 6) if known else None


def _largest(found: Sequence[float | None]) -> float | None:
    known = [value for value in found if value is not None]
    return round(max(known) / _GIB, 3) if known else None


def _joined(words: set[str]) -> str | None:
    return ", ".join(sorted(words)) or None


def starts(name: str, held: Mapping[str, Any]) -> Iterator[Row]:
    """STARTS of a set."""
    premises = held["set"]["premises"]
    for row in held["set"]["provenance"]:
        packages = ", ".join(f"{one} {v}" for one, v in sorted(row["packages"].items()))
        yield {
            "set": name, "leg": row["leg"], "start": row["start"], "commit": row["commit"],
            "packages": packages, "gpu": premises["GPU"], "uuid": row["gpu_uuid"][:12],
            "driver": premises["driver"], "machine": host.machine_of(held["set"]) or None,
            "seconds": row["seconds"], "exit": row["exit"],
            "command": row["command"],
        }  # fmt: skip


def comparison(
    names: tuple[str, str], first: Mapping[str, Any], second: Mapping[str, Any], found: Comparison
) -> dict[str, list[Row]]:
    """By table: COMPARISONS, PREMISES, KERNELS, ORDER, ANSWERS and PLANTED of a comparison."""
    about = {"first": names[0], "second": names[1]}
    base, other, into = planting(names, first, second, found)
    tried = planted(dict(base), dict(other))
    row = about | _verdict(first, second, found) | {
        "planted_into": into, "planted_alone": base is other, "planted": len(tried),
        "planted_found": sum(one.verdict == one.wanted for one in tried),
    }  # fmt: skip
    return {
        "evidence": [row],
        "evidence_premises": [
            about | {"premise": one.name, "value_first": one.first, "value_second": one.second,
                     "same": one.first == one.second}
            for one in found.premises
        ],
        "evidence_kernels": [about | _kernel(one) for one in found.kernels],
        "evidence_order": [
            about | {"faster": one.faster, "slower": one.slower, "ratio_first": one.ratio_first,
                     "ratio_second": one.ratio_second, "p_first": one.first,
                     "p_second": one.second, "word": one.word}
            for one in found.pairs
        ],
        "evidence_answers": [
            about | {key: value for key, value in vars(one).items() if key != "p_timeouts"}
            for one in found.accuracy if one.word != NONE
        ],
        "evidence_planted": [about | one._asdict() for one in tried],
    }  # fmt: skip


def _verdict(first: Mapping[str, Any], second: Mapping[str, Any], found: Comparison) -> Row:
    """Of COMPARISONS what two sets say of each other."""
    judged = [one for one in found.kernels if one.judged]
    known = [one.ratio for one in judged if math.isfinite(one.ratio)]
    suite = first["set"]["suite"]
    return {
        "suite": suite["name"], "device": suite["device"], "verdict": found.verdict,
        "reasons": "\n".join(found.reasons), "premises": len(found.premises),
        "unequal": len(found.unequal), "judged": len(judged),
        "equal": sum(one.word == EQUAL for one in judged),
        "changed": sum(one.word == CHANGED for one in judged),
        "calls_equal": found.calls_equal, "order_kept": found.order_kept,
        "accuracy": worst([one.word for one in found.accuracy]),
        "largest": max(known, key=lambda ratio: abs(math.log(ratio)), default=None),
        "visible": found.visible,
        "machine": host.relation(first["set"], second["set"]),
        "boots_first": suite["boots"], "boots_second": second["set"]["suite"]["boots"],
    }  # fmt: skip


def planting(
    names: tuple[str, str], first: Mapping[str, Any], second: Mapping[str, Any], found: Comparison
) -> tuple[Mapping[str, Any], Mapping[str, Any], str]:
    """Two sets that agree, and the name of the second, which changes are put into.

    The set and its re-run, if that is what they do; else the one with more whole legs, and itself.
    """
    if found.verdict in (STANDS, OUTDATED):
        return first, second, names[1]
    whole = [sum(leg["outcome"] == "ok" for leg in held["legs"].values())
             for held in (first, second)]  # fmt: skip
    return (first, first, names[0]) if whole[0] > whole[1] else (second, second, names[1])


def worst(words: Sequence[str]) -> str:
    """Of the legs' words on their answers, the one that counts."""
    return next((word for word in _WORST if word in words), NONE)


def _kernel(one: Any) -> Row:
    row = {key: value for key, value in vars(one).items() if key != "p_changed"}
    for name in ("calls_first", "calls_second"):
        row[name] = ", ".join(map(str, row[name]))
    for name in ("us_first", "us_second", "ratio", "low", "high", "p_equal", "visible"):
        row[name] = float(f"{row[name]:.6g}") if math.isfinite(row[name]) else None
    return row | {"share": round(one.share, 6), "calls_equal": one.calls_equal}
