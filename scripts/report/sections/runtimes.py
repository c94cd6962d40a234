"""SGLang's config files beside vLLM's: what they add, what is rejected, who had a layer first."""

from __future__ import annotations

from typing import Any

from scripts.lib.schemas import runtimes as schema
from scripts.report.section import Figure, Frame, Section, Summary, made

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


SECTION = Section(
    "runtimes",
    about="beside vLLM's",
    links={"runtimes": "SGLang's files"},
    origins={
        "runtimes": [RUNTIMES],
        "runtimes/*/reasons": [REJECTED],
        "runtimes/arrivals": [ARRIVAL_RATES],
    },
    build=lambda read: build(dict(read)),
)
