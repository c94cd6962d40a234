"""What grows with the number of GPUs and cells, by a simulation on the recorded cells."""

from __future__ import annotations

from scripts.lib.schemas import scaling as schema
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame, Section, made

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


SECTION = Section(
    "cluster",
    about="how long recording takes on many GPUs, simulated",
    links={"cluster": "Recording on many GPUs"},
    origins={"cluster": [SCALING]},
    build=lambda read: {"cluster": cluster(read["scaling"])},
    words={"cluster_words": {"LAYOUTS": LAYOUTS}},
    captions={
        "scaling": "A measurement on many GPUs, simulated: minutes until all is measured, where "
        "the time of GPUs that share one record goes, trials to be merged."
    },
)
