"""What second recordings of some cells, on another machine, say of the first."""

from __future__ import annotations

from scripts.lib.schemas import statistics as schema
from scripts.report.section import Figure, Frame, Section, made

REPEAT = made("repeat", "statistics.repeat", schema.REPEAT)


def repeat(cells: Frame) -> Figure:
    """Per GPU: what second recordings of some cells, on another machine, say of the first.

    Over all cells, and under ``datasets`` by second recording.
    """
    out: Figure = {}
    for device, rows in cells.groupby(cells["cell_id"].str.split("/").str[0], sort=True):
        parts = {str(name): _again(part) for name, part in rows.groupby("dataset", sort=True)}
        out[str(device)] = _again(rows) | {"datasets": parts}
    return out


def _again(rows: Frame) -> Figure:
    section: Figure = {
        name: {
            "median": float(rows[name].median()),
            "smallest": float(rows[name].min()),
            "largest": float(rows[name].max()),
        }
        for name in ("shift", "spread", "spearman", "best_again")
    }
    section["cells"] = len(rows)
    section["configs"] = int(rows["configs"].sum())
    section["best_ties"] = int(rows["best_ties"].sum())
    return section


SECTION = Section(
    "repeat",
    about="how far a second recording lies from the first",
    links={"repeat": "Recorded again"},
    origins={"repeat": [REPEAT]},
    build=lambda read: {"repeat": repeat(read["repeat"])},
)
