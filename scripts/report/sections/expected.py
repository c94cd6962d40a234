"""What an expectation is worth where nothing was measured: foretold against measured, held out."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas.openings import ALL, EXPECTED
from scripts.report import wording
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Headline, Section, Summary, made

TABLE = made("expected", "catalogue.expected", EXPECTED)
OF = {
    "row": "a row, one batch size",
    "file": "a file, the mean of its batch sizes",
    "shipped row": "a row of a runtime's own file",
    "shipped file": "a runtime's own file",
}
# Of the rows that are stated with a band, what the band is to hold.
LEAST, MOST = 0.88, 0.92


def expected(table: Frame) -> Figure:
    """``[GPU or all][row or file]``: the columns of EXPECTED over all rows, and below ``formats``
    and ``tokens`` those of number formats with a band of their own, and of classes of M."""  # noqa: D205,D209
    out: Figure = {}
    for row in plain_rows(table):
        device, of, formats, tokens = (row.pop(n) for n in ("device", "of", "formats", "tokens"))
        found = out.setdefault(device, {"formats": {}, "tokens": {}})
        prefix = "shipped " if of.startswith("shipped") else ""
        if formats != ALL:
            found["formats"][prefix + formats] = row
        elif tokens != ALL:
            found["tokens"][prefix + tokens] = row
        else:
            found[of] = row
    return out


def readings(summary: Summary, about: Headline) -> Iterator[str]:
    """How often the stated band held, beside what it was to."""
    found = summary.get("expected", {}).get(ALL, {}).get("row")
    if not found or found["covered"] is None:
        return
    by_family = found["covered_families"]
    reached = "reached" if LEAST <= found["covered"] <= MOST else "not reached"
    yield (
        "As for a GPU of which nothing is recorded (all recordings of the GPU left out, the model's"
        " family left out of the band): the band that is stated with an expected ratio held"
        f" {wording.share(found['covered'])} of {found['judged']:,} rows"
        f" ({wording.share(by_family)} of a family's rows; to reach: {wording.share(LEAST)} to"
        f" {wording.share(MOST)} by rows; {reached}); what would be written is, over vLLM's"
        f" default, {wording.decimals(found['ratio'], 3)} in the mean, and"
        f" {wording.share(found['worse'])} of the rows are slower by more than the margin."
    )


def found(summary: Summary) -> Iterator[Finding]:
    """What a file is worth that is written without its GPU."""
    if foretold := summary.get("expected", {}).get(ALL):
        row, file = foretold["row"], foretold["file"]
        yield Finding(
            "vLLM says `Using default MoE config`",
            "no file fits your GPU and layer; `graphx config` writes one without the GPU. Held out"
            f" with their whole GPU, its rows take {row['ratio']:.3f} of the default's time (mean"
            f" of {row['n']:,}, by graphx's own kernel); slower by more than the margin are"
            f" {wording.share(row['worse'])} of them, the worst {row['worst']:.3f}, and"
            f" {wording.share(file['worse'])} of {file['n']} files",
            "worth",
        )


SECTION = Section(
    "expected",
    about="what such a file promises, held against measurements",
    origins={"expected": [TABLE]},
    build=lambda read: {"expected": expected(read["expected"])},
    found=found,
    do="write the file with `graphx config`; on the GPU itself `graphx check --measure` says which"
    " of its rows to keep, and `graphx tune` makes a better one.",
    readings=readings,
    words={"expected_words": {"OF": OF, "ALL": ALL}},
    phrases={"to reach: 88.0% to 92.0% by rows": "LEAST and MOST of this module"},
    links={"expected": "Expected, not measured"},
)
