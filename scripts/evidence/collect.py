"""A set of evidence in small files: ``set.json``, and one file a leg, from the legs' journals.

``set.json``: the suite, the premises, which options exist, and a provenance row for each start.
A leg's file: its outcome, boots, kernels, times and answers. Nothing here measures; the same
journals give the same files.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.engine.journal import MEMORY, RESULT, RUN
from scripts.engine.outcome import Outcome
from scripts.engine.watchdog import gaps
from scripts.evidence.kinds import shortened
from scripts.evidence.leg import ANSWERING, CHUNK, JOURNAL, WARM, WATCH
from scripts.evidence.machine import is_on
from scripts.evidence.model.form import Form
from scripts.evidence.model.questions import END_ID, drawn, read_answer
from scripts.evidence.suite import Leg, Suite, suite_of
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError, read_json, read_object, replacing, write_json

SUITE, PREMISES, SET = "suite.json", "premises.json", "set.json"
LEGS = "legs"
# What a recorded set is: these, and nothing of journals, boots, config files and raw traces, which
# the command in its provenance makes again.
RECORDED = (SET, "*.json.xz")
CUT_OFF, UNWATCHED = "cut_off", "unwatched"
RIGHT, WRONG, TIMEOUT, NOT_ASKED = "right", "wrong", "timeout", "not_asked"
_FACTS = ("moe_backend", "attention_backend", "graph_mode", "graph_sizes", "async_scheduling",
          "boot_s", "peak_bytes", "configs", "defaults")  # fmt: skip
Bodies = Sequence[Mapping[str, Any]]


def collect(out: Path) -> None:
    """Write set.json and the legs' files of the set in ``out``."""
    suite = suite_of(read_json(out / SUITE), str(out / SUITE))
    held = read_json(out / PREMISES)
    rows, weights = [], set()
    for leg in suite.legs:
        bodies = list(read_chain(out / LEGS / leg.name / JOURNAL))
        found = leg_of(suite, leg, bodies)
        write_json(out / f"{leg.name}.json", found)
        rows += [{"leg": leg.name, **row} for row in starts(bodies, found)]
        weights |= {body["weights"] for body in bodies if "weights" in body}
    held["premises"]["weights"] = " and ".join(sorted(weights)) or "none"
    write_json(out / SET, {"suite": read_json(out / SUITE), **held, "provenance": rows})


def leg_of(suite: Suite, leg: Leg, bodies: Bodies) -> dict[str, Any]:
    """What a leg's file holds."""
    results = {body["key"]: body for body in bodies if body["kind"] == RESULT}
    missing = [gap for start in {body["start"] for body in bodies} for gap in
               unwatched(bodies, start)]  # fmt: skip
    answers = _answers(suite, leg, results)
    timing, answering = _timing(suite, results), _answering(suite, leg, results)
    outcome, reason = next((one for one in (timing, answering) if one[0] != "ok"), timing)
    if missing and outcome == "ok":
        outcome = UNWATCHED
        reason = f"no line on memory from {missing[0][0]:g} to {missing[0][1]:g} s"
    boots = [_boot(body) for key, body in results.items() if key.startswith("boot/")]
    timed = [body for body in results.values() if body["outcome"] == Outcome.OK]
    return {
        "leg": leg.name,
        "outcome": outcome,
        "reason": reason,
        "form": Form(leg.packed, leg.wide).name,
        "boots": boots,
        "options": {
            one.name: all(is_on(one, leg, boot["facts"]) for boot in boots if boot["facts"])
            for one in suite.options
        },
        "kernels": _kernels(timed),
        "times": _times(timed),
        "answers": answers,
        "memory": [[b["start"], b["at_s"], b["gpu_bytes"]] for b in bodies if b["kind"] == MEMORY],
        "gaps": missing,
    }


def unwatched(bodies: Bodies, start: int) -> list[list[float]]:
    """Spans of a start without the watchdog's line; one that was killed ends with its last."""
    mine = [body for body in bodies if body["start"] == start]
    lines = [float(body["at_s"]) for body in mine if body["kind"] == MEMORY]
    ends = [b["result"]["until_s"] for b in mine if b.get("key") == f"{WATCH}/{start}"]
    return [[a, b] for a, b in gaps(lines, float(ends[0]) if ends else max(lines, default=0.0))]


def _timing(suite: Suite, results: Mapping[str, Any]) -> tuple[str, str]:
    """How the timing of a leg ended: ok if each boot has the least of its repeats."""
    rounds = range(min(suite.least, suite.repeats))
    wanted = [f"{kind}/{boot}/{n}" for boot in range(suite.boots) for n in rounds
              for kind in ("profile", "latency")]  # fmt: skip
    return _ended(wanted, results, [str(boot) for boot in range(suite.boots)])


def _answering(suite: Suite, leg: Leg, results: Mapping[str, Any]) -> tuple[str, str]:
    """How the questions to a leg ended; ok, too, where none were to be asked."""
    asked = range(0, suite.questions, CHUNK) if leg.answering is not None else ()
    wanted = [f"answers/{first}" for first in asked]
    late = [results[key] for key in wanted if results.get(key, {}).get("outcome") == Outcome.HANG]
    if late:  # what was asked last has no answer, and is a timeout
        return str(Outcome.HANG), f"{late[0]['key']}: {late[0]['reason']}"
    return _ended(wanted, results, [ANSWERING])


def _ended(wanted: list[str], results: Mapping[str, Any], boots: list[str]) -> tuple[str, str]:
    """The worst that befell some tasks. A failed boot that another start made good is none."""
    ok = str(Outcome.OK)
    for key in wanted:
        if key in results and results[key]["outcome"] != ok:
            return results[key]["outcome"], f"{key}: {results[key]['reason']}"
    left = sum(key not in results for key in wanted)
    if not left:
        return ok, ""
    before = tuple(f"{kind}/{boot}/" for kind in ("boot", WARM) for boot in boots)
    for key, body in results.items():
        if key.startswith(before) and body["outcome"] != ok:
            return body["outcome"], f"{key}: {body['reason']}"
    return CUT_OFF, f"{left} of {len(wanted)} tasks are left"


def _boot(body: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: body["result"][name] for name in _FACTS if name in body["result"]}
    for name in ("configs", "defaults"):
        facts[name] = sorted(Path(path).name for path in facts.get(name) or [])
    return {
        "boot": body["key"].removeprefix("boot/"),
        "outcome": body["outcome"],
        "reason": body["reason"],
        "facts": facts if body["result"] else {},
    }


def _kernels(timed: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """``names``, and ``rows``: [boot, repeat, phase, kernel's place, calls, us, steps]."""
    names: dict[str, int] = {}
    rows = []
    for body in timed:
        kind, *place = body["key"].split("/")
        if kind != "profile":
            continue
        for phase in ("decode", "prefill"):
            found = body["result"][phase]
            for one in found["kernels"]:
                at = names.setdefault(shortened(one["name"]), len(names))
                rows.append([body["boot"], int(place[1]), phase, at, one["calls"],
                             one["total_us"], found["steps"]])  # fmt: skip
    return {"names": list(names), "rows": rows}


def _times(timed: Iterable[Mapping[str, Any]]) -> list[Any]:
    """[boot, repeat, seconds of the run, until the first tokens, median a token]."""
    return [
        [body["boot"], int(body["key"].split("/")[2]), run["seconds"], run["first_s"],
         run["itl_s"]["median"]]
        for body in timed if body["key"].startswith("latency/")
        for run in body["result"]["runs"]
    ]  # fmt: skip


def _answers(suite: Suite, leg: Leg, results: Mapping[str, Any]) -> list[str]:
    """A word for each question: an engine that hung, or never came to END, is a timeout."""
    if leg.answering is None:
        return []
    words = []
    asked = drawn(suite.question_seed, suite.questions)
    for first in range(0, suite.questions, CHUNK):
        some = asked[first : first + CHUNK]
        body = results.get(f"answers/{first}")
        if body is None or body["outcome"] not in (Outcome.OK, Outcome.HANG):
            words += [NOT_ASKED] * len(some)
        elif body["outcome"] == Outcome.HANG:
            words += [TIMEOUT] * len(some)
        else:
            words += [
                _word(read_answer(tokens), one.answer, END_ID in tokens)
                for tokens, one in zip(body["result"]["tokens"], some, strict=True)
            ]
    return words


def _word(found: int | None, wanted: int, ended: bool) -> str:
    if not ended:
        return TIMEOUT
    return RIGHT if found == wanted else WRONG


def starts(bodies: Bodies, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Provenance: a row for each start of a leg; ``exit`` 0 if it was ended in order."""
    rows = []
    for body in bodies:
        if body["kind"] != RUN:
            continue
        own = [b for b in bodies if b.get("key") == f"{WATCH}/{body['start']}"]
        kept = {k: v for k, v in body.items() if k not in ("kind", "leg")}
        rows.append(kept | {
            "seconds": own[0]["result"]["until_s"] if own else None,
            "exit": "ended" if own else "killed",
            "outcome": found["outcome"],
        })  # fmt: skip
    return rows


def record(out: Path, folder: Path) -> None:
    """Copy a set into a recording: set.json and the legs' files, compressed."""
    held = read_set(out)
    write_json(folder / SET, held["set"])
    for name in held["legs"]:
        data = lzma.compress((out / f"{name}.json").read_bytes(), preset=9 | lzma.PRESET_EXTREME)
        with replacing(folder / f"{name}.json.xz") as temporary:
            temporary.write_bytes(data)


def read_set(folder: Path) -> dict[str, Any]:
    """A set as it was collected or recorded: ``set``, and ``legs`` by name, in their order.

    InputError if there is none in the folder, or a part of it is not there.
    """
    if not (folder / SET).exists():
        raise InputError(
            f"{folder}: holds no set of evidence ({SET}); `graphx evidence` makes one, and"
            " `make restore` brings the recorded ones back"
        )
    held = read_object(folder / SET, "suite", "premises", "options", "provenance")
    legs = {}
    for one in suite_of(held["suite"], str(folder / SET)).legs:
        plain, packed = folder / f"{one.name}.json", folder / f"{one.name}.json.xz"
        if plain.is_file():
            legs[one.name] = read_json(plain)
            continue
        try:
            legs[one.name] = json.loads(lzma.decompress(packed.read_bytes()))
        except (OSError, lzma.LZMAError, ValueError) as error:
            raise InputError(f"{packed}: cannot be read ({error}); `make restore`") from error
    return {"set": held, "legs": legs}
