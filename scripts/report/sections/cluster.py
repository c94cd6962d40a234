"""What grows with the number of GPUs and cells, by a simulation on the recorded cells."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas import scaling as schema
from scripts.report import wording
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Section, Summary, made

SCALING = made("scaling", "statistics.scaling", schema.SCALING)
LAYOUTS = {
    schema.Layout.SHARED: "the GPUs share one record",
    schema.Layout.KINDS: "each GPU makes a record",
}


def cluster(table: Frame) -> Figure:
    """``[layout][GPUs]``: the other columns of SCALING."""
    out: Figure = {}
    for row in plain_rows(table.sort_values("gpus", kind="stable")):
        out.setdefault(str(row.pop("layout")), {})[str(row.pop("gpus"))] = row
    return out


def found(summary: Summary) -> Iterator[Finding]:
    """What the most GPUs make of the time of one."""
    shared = summary["cluster"].get(schema.Layout.SHARED, {})
    numbers = sorted(shared, key=int)
    if len(numbers) > 1:
        (few, one), (many, most) = ((name, shared[name]) for name in (numbers[0], numbers[-1]))
        yield Finding(
            "GPUs that share one record, simulated",
            f"{few}: {one['seconds'] / 60:.1f} minutes; {many}: {most['seconds'] / 60:.1f}, for"
            f" {wording.share(most['waiting'])} of their time they wait for the last",
            "",
        )


SECTION = Section(
    "cluster",
    about="how long recording takes on many GPUs, simulated",
    found=found,
    links={"cluster": "Recording on many GPUs"},
    origins={"cluster": [SCALING]},
    build=lambda read: {"cluster": cluster(read["scaling"])},
    words={"cluster_words": {"LAYOUTS": LAYOUTS}},
    captions={
        "scaling": "A measurement on many GPUs, simulated: minutes until all is measured, where "
        "the time of GPUs that share one record goes, trials to be merged."
    },
)
