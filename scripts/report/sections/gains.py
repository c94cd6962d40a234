"""What the best of the configs tried gains over the committed one, by dataset and formats."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas import gains as schema
from scripts.report import wording
from scripts.report.estimates import both_intervals
from scripts.report.section import Figure, Frame, Headline, Section, Summary, made
from scripts.report.sections.datasets import GAINS, RECORDED, by_device

RATES = made("gain_rates", "statistics.gains", schema.GAIN_RATES)
ALL = "all"
WIN = "win"


def gains(table: Frame, rates: Frame) -> Figure:
    """Of one GPU: ``[dataset][scheme or all]``, counts and estimates over the judged cells.

    ``table``: GAINS; ``rates``: GAIN_RATES. A group without a judged cell has counts only.
    """
    return {
        str(dataset): {
            str(scheme): _group(part, _of(rates, str(dataset), str(scheme)))
            for scheme, part in [*rows.groupby("scheme", sort=True), (ALL, rows)]
        }
        for dataset, rows in table.groupby("dataset", sort=True)
    }


def _of(rates: Frame, dataset: str, scheme: str) -> Frame:
    return rates[(rates["dataset"] == dataset) & (rates["scheme"] == scheme)]


def _group(rows: Frame, rates: Frame) -> Figure:
    reasons = rows["reason"].value_counts()
    section: Figure = {
        "cells": len(rows),
        "complete": int(rows["complete"].sum()),
        "judged": int(rows["verdict"].notna().sum()),
        "not_judged": {
            str(name): int(reasons[name]) for name in schema.Unjudged if name in reasons
        },
    }
    marked = rows[rows["marks"].fillna("") != ""]
    section["marked"] = {"cells": len(marked), "win": int((marked["verdict"] == WIN).sum())}
    section |= {str(row["metric"]): both_intervals(row) for row in rates.to_dict("records")}
    speedups = 1 / rows.loc[rows["verdict"] == WIN, "ratio"].astype(float)
    if len(speedups):
        section["speedup_winners"] = {
            "n": len(speedups),
            "median": float(speedups.median()),
            "q1": float(speedups.quantile(0.25)),
            "q3": float(speedups.quantile(0.75)),
            "largest": float(speedups.max()),
        }
    return section


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """What trying other configs would have gained, dataset by dataset."""
    for section in summary.get("measured", {}).values():
        for dataset, found in section.get("gains", {}).items():
            yield from _gain(dataset, found["all"])


def _gain(dataset: str, found: Figure) -> list[str]:
    """What trying other configs would have gained, by rounds that did not pick the winner."""
    if not found["judged"]:
        return []
    whole = found["complete"] == found["cells"]
    best = "best legal config" if whole else "best of the candidates tried"
    text = (
        f"{dataset}: the {best} wins over the committed one on"
        f" {wording.per_cent(found['win_widened'])} of {found['judged']:,} cells and loses on"
        f" {wording.per_cent(found['loss_widened'])}, by intervals widened by what identical pairs"
        f" differ by; as the rounds say it wins on {wording.per_cent(found['win'])}, ties on"
        f" {wording.per_cent(found['tie'])} and loses on {wording.per_cent(found['loss'])}"
    )
    if found["marked"]["win"]:
        text += f"; {found['marked']['win']:,} of these wins are on marked cells"
    if rest := found["not_judged"]:
        text += f"; of {found['cells']:,} cells not judged: {wording.named(rest)}"
    return [f"{text}."]


SECTION = Section(
    "gains",
    within="measured",
    origins={"measured/*/gains": [RATES, GAINS]},
    needs=(RECORDED,),
    build=lambda read: {
        "measured": {
            device: {"gains": gains(rows, rates)}
            for (device, rows), (_, rates) in zip(
                by_device(read["recorded"], read["gains"]),
                by_device(read["recorded"], read["gain_rates"]),
                strict=True,
            )
        }
    },
    readings=readings,
)
