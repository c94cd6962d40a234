"""Long tables of the page to browse, row by row, where the summary holds their totals only."""

from __future__ import annotations

from scripts.report.section import Frame, Rows


def by_cell(frame: Frame) -> Frame:
    """Sorted by GPU and shape, then by the number of tokens, which the id ends in."""
    parts = frame["cell_id"].str.rpartition("/M")
    order = parts.assign(shape=parts[0], tokens=parts[2].astype(int))
    return frame.loc[order.sort_values(["shape", "tokens"], kind="stable").index]


def plain_rows(frame: Frame) -> Rows:
    """Plain values, None where there is none."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")
