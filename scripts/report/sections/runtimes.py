"""SGLang's config files beside vLLM's: what they add, what is rejected, who had a layer first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.lib.schemas import runtimes as schema
from scripts.report.section import Figure, Finding, Frame, Section, Summary, made

RUNTIMES = made("runtimes", "corpus.across", schema.RUNTIMES)
REJECTED = made("rejected", "corpus.across", schema.REJECTED)
ARRIVAL_RATES = made("arrival_rates", "corpus.across", schema.ARRIVAL_RATES)


def runtimes(counts: Frame, rejected: Frame, arrivals: Frame) -> Figure:
    """Counts by runtime and of both, rejected rows by reason, gaps of arrivals by quartiles."""
    found: Figure = {}
    for row in counts.to_dict("records"):
        corpus = str(row.pop("corpus"))
        found[corpus] = {name: int(value) for name, value in row.items()}
    for runtime, rows in rejected.groupby("runtime"):
        reasons = zip(rows["reason"], rows["rows"], strict=True)
        found[str(runtime)]["reasons"] = {reason: int(count) for reason, count in reasons}
    found["arrivals"] = {str(row.pop("arrived")): _gap(row) for row in arrivals.to_dict("records")}
    return found


def _gap(row: dict[Any, Any]) -> Figure:
    counts = ("n", "sglang_earlier", "batches", "identical")
    days = {name: float(row[name]) for name in ("q1", "median", "q3")} if row["n"] else {}
    return {name: int(row[name]) for name in counts} | days


def build(read: Figure) -> Summary:
    """The figures, of the three tables."""
    tables = (read[one.name] for one in (RUNTIMES, REJECTED, ARRIVAL_RATES))
    return {"runtimes": runtimes(*tables)}


def found(summary: Summary) -> Iterator[Finding]:
    """What SGLang's files add to vLLM's, and whose came first."""
    theirs, met = summary["runtimes"]["sglang"], summary["runtimes"]["arrivals"]["all"]
    yield Finding(
        "SGLang's files beside vLLM's",
        f"{theirs['files']} files; {theirs['new_keys']} of their {theirs['keys']} layers on a GPU"
        f" have none of vLLM's. Of {met['n']} that both have, SGLang had {met['sglang_earlier']}"
        " first",
        "",
    )


SECTION = Section(
    "runtimes",
    about="what they add to vLLM's, and who had a layer first",
    found=found,
    links={"runtimes": "SGLang's files"},
    origins={
        "runtimes": [RUNTIMES],
        "runtimes/*/reasons": [REJECTED],
        "runtimes/arrivals": [ARRIVAL_RATES],
    },
    build=lambda read: build(dict(read)),
)
