"""Known configs on the measured cells: the committed one, the best, other GPUs', the default."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import statistics as schema
from scripts.report import elsewhere, wording
from scripts.report.estimates import both_intervals
from scripts.report.section import Candidate, Figure, Frame, Headline, Section, Summary, made
from scripts.report.sections.datasets import RECORDED, by_device

QUALITY = made("quality", "statistics.quality", schema.QUALITY)


def quality(rows: Frame) -> Figure:
    """Of one GPU: ``[candidate][metric]``, estimates with the smallest and the largest cell."""
    out: Figure = {}
    for row in rows.to_dict("records"):
        out.setdefault(str(row["candidate"]), {})[str(row["metric"])] = both_intervals(row) | {
            "smallest": float(row["smallest"]),
            "largest": float(row["largest"]),
        }
    return out


def claims(summary: Summary, _: Headline) -> Iterator[Candidate]:
    """What the committed configs leave to the best, and to the roofline."""
    for device in summary.get("measured", {}):
        path = f"measured/{device}/quality"
        yield Candidate(
            f"{path}/best/ratio",
            QUALITY,
            f"The best recorded config of a cell runs at {{ratio}} of the {short_name(device)}'s"
            " committed config (geometric mean of {n} cells, interleaved pairs).",
        )
        yield Candidate(
            f"{path}/committed/ratio_to_roofline",
            QUALITY,
            "The committed config stands at {ratio} times the roofline (geometric mean of {n}"
            " cells).",
        )


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """What there is to gain over the committed configs."""
    for device, section in summary.get("measured", {}).items():
        yield from _committed(short_name(device), section["quality"])


def _committed(device: str, quality: Figure) -> list[str]:
    readings = []
    if best := quality.get("best", {}).get("ratio"):
        gain = (1 / best["mean"] - 1) * 100
        readings.append(
            f"The {device}'s committed configs leave {gain:.1f}% to the best recorded config on"
            f" average; in the worst cell {(1 / best['smallest'] - 1) * 100:.1f}%. The best is"
            " picked and judged on the same samples, which flatters it."
        )
    if tied := quality.get("committed", {}).get("in_tie_set"):
        readings.append(
            f"On {wording.per_cent(tied)} of cells the committed config cannot be told from the"
            " best: there is nothing to win there."
        )
    return readings


SECTION = Section(
    "quality",
    within="measured",
    origins={"measured/*/quality": [QUALITY]},
    needs=(RECORDED,),
    build=lambda read: {
        "measured": {
            device: {"quality": quality(rows)}
            for device, rows in by_device(read["recorded"], read["quality"])
        }
    },
    claims=claims,
    readings=readings,
    words={"elsewhere": elsewhere},
    captions={"headroom": "Committed over best latency, in interleaved pairs, against tokens."},
    links={"known": "Known configs"},
)
