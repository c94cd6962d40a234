"""What an expectation is worth where nothing was measured: foretold against measured, held out."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas.openings import ALL, EXPECTED
from scripts.report import wording
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame, Headline, Section, Summary, made

TABLE = made("expected", "statistics.expected", EXPECTED)
OF = {"row": "a row, one batch size", "file": "a file, the mean of its batch sizes"}
# Of the rows that are stated with a band, what the band is to hold.
LEAST, MOST = 0.88, 0.92


def expected(table: Frame) -> Figure:
    """``[GPU or all][row or file]``: the columns of EXPECTED."""
    out: Figure = {}
    for row in plain_rows(table):
        device, of = row.pop("device"), row.pop("of")
        out.setdefault(device, {})[of] = row
    return out


def readings(summary: Summary, about: Headline) -> Iterator[str]:
    """How often the stated band held, beside what it was to."""
    found = summary.get("expected", {}).get(ALL, {}).get("row")
    if not found or found["covered"] is None:
        return
    by_family = found["covered_families"]
    reached = "reached" if LEAST <= found["covered"] <= MOST else "not reached"
    yield (
        "Without a measurement, each layer's model family left out of what taught: the band that is"
        f" stated with an expected ratio held {wording.share(found['covered'])} of"
        f" {found['n']:,} rows ({wording.share(by_family)} of a family's rows; to reach:"
        f" {wording.share(LEAST)} to {wording.share(MOST)} by rows; {reached}); what would be"
        f" written is, over vLLM's default, {wording.decimals(found['ratio'], 3)} in the mean, and"
        f" {wording.share(found['worse'])} of the rows are slower by more than the margin."
    )


SECTION = Section(
    "expected",
    origins={"expected": [TABLE]},
    build=lambda read: {"expected": expected(read["expected"])},
    readings=readings,
    words={"expected_words": {"OF": OF, "ALL": ALL}},
    phrases={"to reach: 88.0% to 92.0% by rows": "LEAST and MOST of this module"},
    links={"expected": "Expected, not measured"},
)
