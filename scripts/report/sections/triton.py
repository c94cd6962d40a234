"""Verdicts by the Triton version that the committed config's file states."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.report import wording
from scripts.report.estimates import estimate
from scripts.report.section import Figure, Frame, Headline, Section, Summary
from scripts.report.sections.breakdowns import BREAKDOWNS

NOT_STATED = "not stated"
# what is judged -> in words, in the order of the table
JUDGED = {
    "copied": "copied (S1)",
    "searched": "searched on the GPU, one source at a time",
    "best": "best of the configs tried",
}


def stated_triton(table: Frame) -> Figure:
    """``[device][version as the file states it][what]``: judged, files and each metric.

    ``table``: BREAKDOWNS, of which this is one kind of classes; most files state none.
    """
    out: Figure = {}
    mine = table[table["by"] == "Triton"]
    for (device, version, what), rows in mine.groupby(["device", "value", "what"], sort=True):
        known = [row for row in rows.to_dict("records") if row["n"]]
        out.setdefault(str(device), {}).setdefault(str(version), {})[str(what)] = {
            "judged": int(rows["judged"].iloc[0]),
            "files": int(rows["clusters"].max()),
            **{str(row["metric"]): estimate(row) for row in known},
        }
    return out


def listed(summary: Summary) -> list[tuple[str, str, str, Figure]]:
    """(GPU, version, what, figures): by what is judged, versions ascending, not stated last."""
    return [
        (device, version, what, versions[version][what])
        for device, versions in summary["stated_triton"].items()
        for what in JUDGED
        for version in sorted(versions, key=lambda name: (name == NOT_STATED, name))
        if what in versions[version]
    ]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Of each GPU, how many committed files state no version, and the wins by version."""
    for device, versions in summary.get("stated_triton", {}).items():
        found = {name: kinds["searched"] for name, kinds in versions.items() if "searched" in kinds}
        if NOT_STATED in found:
            yield _by_version(short_name(device), found)


def _by_version(device: str, found: Figure) -> str:
    every = sum(own["judged"] for own in found.values())
    none = found[NOT_STATED]
    stated = [
        f"{wording.per_cent(own['win_widened'])} of {own['judged']:,} where it states {name}"
        for name, own in sorted(found.items())
        if name != NOT_STATED
    ]
    return (
        f"{device}: the committed config's file states no Triton on"
        f" {wording.share(none['judged'] / every)} of {every:,} triples that were searched; S1-S8"
        f" wins on {wording.per_cent(none['win_widened'])} of them"
        f"{''.join(f', on {one}' for one in stated)}."
    )


SECTION = Section(
    "triton",
    about="gains by the Triton that a committed file names",
    origins={"stated_triton": [BREAKDOWNS]},
    build=lambda read: {"stated_triton": stated_triton(read["breakdowns"])},
    readings=readings,
    values=lambda summary: {"by_triton": listed(summary)},
    words={"triton_words": JUDGED},
    links={"triton": "Stated Triton"},
)
