"""What second recordings of some cells, on another machine, say of the first."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import statistics as schema
from scripts.report.section import Figure, Finding, Frame, Section, Summary, made

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


def found(summary: Summary) -> Iterator[Finding]:
    """Of all cells of a GPU that were recorded again: whether the best is the best there."""
    for device, one in summary["repeat"].items():
        shift = one["shift"]
        yield Finding(
            f"Another machine of the kind ({short_name(device)})",
            f"the first recording's best config cannot be told from the second's best on"
            f" {one['best_ties']:,} of {one['cells']:,} cells; a cell's level moves by a factor of"
            f" {shift['smallest']:.3f} to {shift['largest']:.3f}, {shift['median']:.3f} in the"
            " median",
            "",
        )


SECTION = Section(
    "repeat",
    about="how far a second recording lies from the first",
    found=found,
    links={"repeat": "Recorded again"},
    origins={"repeat": [REPEAT]},
    build=lambda read: {"repeat": repeat(read["repeat"])},
)
