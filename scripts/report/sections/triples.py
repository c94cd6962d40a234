"""Triples whose target GPU is not there: legality and prediction, nothing measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.judging.bands import within
from scripts.lib.schemas.sim import TRIPLES_PREDICTED
from scripts.lib.schemas.space import TRIPLES_LEGALITY
from scripts.report import wording
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import Browsable, Figure, Frame, Headline, Section, Summary, made

LEGALITY = made("triples_legality", "space.legality", TRIPLES_LEGALITY)
PREDICTED = made("triples_predicted", "sim.triples", TRIPLES_PREDICTED)
KEY = ["cell_id", "source", "target", "source_file", "target_file"]
# Of the ratio of the carried config to the target's own, as predicted.
QUANTILES = {"p5": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "p95": 0.95}
WITHIN = within(2, 10)


def join(legality: Frame, predicted: Frame) -> Frame:
    """TRIPLES_LEGALITY with the columns of TRIPLES_PREDICTED, one row a triple, sorted.

    InputError if a triple stands in one of the tables only.
    """
    extra = predicted[KEY + [name for name in predicted if name not in legality]]
    both = legality.merge(extra, on=KEY, how="outer", validate="one_to_one", indicator=True)
    lonely = both[both["_merge"] != "both"]
    if len(lonely):
        raise InputError(
            f"triples: {lonely['cell_id'].iloc[0]} is in one of triples_legality and"
            " triples_predicted only; make both again"
        )
    return both.drop(columns="_merge").sort_values(KEY, ignore_index=True)


def triples(joined: Frame) -> Figure:
    """``["SRC->DST"]``: triples, those legal and why others not, what is predicted of them."""
    out: Figure = {}
    for key, rows in joined.groupby(["source", "target"], sort=True):
        source, target = (str(part) for part in key)
        out[f"{source}->{target}"] = {
            "triples": len(rows),
            "legal": int(rows["legal"].sum()),
            "target_legal": int(rows["target_legal"].sum()),
            "searched": int(rows["carried_searched"].sum()),
            "target_searched": int(rows["target_searched"].sum()),
            "identical": int((rows["carried_config_id"] == rows["target_config_id"]).sum()),
            "reasons": _counts(rows["reason"].dropna()),
            "outcomes": _counts(rows["outcome"] + ": " + rows["outcome_reason"]),
            "predicted_ratio": _ratio(rows["ratio"]),
            "confidence": _counts(rows["confidence"]),
            "model_versions": sorted(rows["model_version"].unique()),
        }
    return out


def _ratio(ratios: Any) -> Figure:
    known = ratios.dropna()
    return {
        "n": len(known),
        **{name: float(known.quantile(q)) for name, q in QUANTILES.items()},
        **{name: int((known <= limit).sum()) for name, limit in WITHIN.items()},
        "under_1": int((known < 1).sum()),
    }


def _counts(values: Any) -> dict[str, int]:
    return {str(name): int(number) for name, number in sorted(values.value_counts().items())}


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """What is known of triples whose target GPU is absent, and that none of it is measured."""
    for pair, facts in summary.get("triples", {}).items():
        yield _triples(pair, facts)


def _triples(pair: str, facts: Figure) -> str:
    target, ratio = short_name(pair.split("->")[1]), facts["predicted_ratio"]
    text = (
        f"{wording.pair(pair)}: none of the {facts['triples']} triples is measured, since no"
        f" {target} was there. {facts['legal']} of the carried configs are legal on it by"
        f" compilation."
    )
    if not ratio["n"]:
        return text
    levels = wording.named(facts["confidence"])
    return (
        f"{text} graphx-sim, which learned from no {target}, predicts them at {ratio['median']:.2f}"
        f" times the latency of the {target}'s own config (median; {ratio['p5']:.2f} to"
        f" {ratio['p95']:.2f} hold nine in ten); its confidence: {levels}."
    )


SECTION = Section(
    "triples",
    about="what compiling says of configs carried to a GPU that was not there",
    origins={"triples": [LEGALITY, PREDICTED]},
    build=lambda read: {
        "triples": triples(join(read["triples_legality"], read["triples_predicted"]))
    },
    readings=readings,
    rows={
        "triples": Browsable(
            (LEGALITY, PREDICTED), lambda *tables: plain_rows(by_cell(join(*tables)))
        )
    },
    links={"triples": "A GPU that was not there"},
)
