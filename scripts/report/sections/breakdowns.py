"""Verdicts by class of cells: copied configs, and the best of those tried."""

from __future__ import annotations

from scripts.lib.schemas import breakdowns as schema
from scripts.report.estimates import estimate
from scripts.report.section import Figure, Frame, Section, made

BREAKDOWNS = made("breakdowns", "statistics.breakdown", schema.BREAKDOWNS)
# What tells classes of cells apart, see By of scripts.lib.schemas.breakdowns, in the page's order.
CLASSES = {
    "all": "all",
    "source": "source GPU",
    "vendor": "its maker",
    "scheme": "number formats",
    "E": "experts of a rank, E",
    "N": "intermediate size of a rank, N",
    "M": "tokens, M",
    "family": "model family",
    "age": "age of the committed config, days",
    "Triton": "Triton stated in its file",
}


def breakdowns(table: Frame) -> Figure:
    """``[device][what][by]``: the classes in their order, each its counts and estimates.

    ``table``: BREAKDOWNS. A class has ``value``, ``judged``, ``files`` and its metrics; a metric
    without a single value (no winner) is left out.
    """
    out: Figure = {}
    keys = ["device", "what", "by", "order"]
    for (device, what, by, _), rows in table.groupby(keys, sort=True):
        group = out.setdefault(str(device), {}).setdefault(str(what), {}).setdefault(str(by), [])
        known = [row for row in rows.to_dict("records") if row["n"]]
        group.append(
            {
                "value": str(rows["value"].iloc[0]),
                "judged": int(rows["judged"].iloc[0]),
                "files": int(rows["clusters"].max()),
                **{str(row["metric"]): estimate(row) for row in known},
            }
        )
    return out


SECTION = Section(
    "breakdowns",
    within="measured",
    origins={"breakdowns": [BREAKDOWNS]},
    build=lambda read: {"breakdowns": breakdowns(read["breakdowns"])},
    words={"classes": CLASSES},
    captions={
        "transferred": "Configs copied from other GPUs against the committed one, a point a"
        " triple.",
        "classes": "Wins, ties and losses against the committed config, by class of cells, as the"
        " rounds say: not widened by what identical pairs differ by.",
    },
    links={"breakdowns": "Classes"},
)
