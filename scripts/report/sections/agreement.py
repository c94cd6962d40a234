"""Whether verdicts under graphx's two GEMMs hold under the operator of the runtime that serves."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.judging.token_classes import search_class
from scripts.lib.schemas import agreement as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import (
    Browsable,
    Figure,
    Finding,
    Frame,
    Headline,
    Rows,
    Section,
    Summary,
    find,
    made,
)

AGREEMENT = made("agreement", "statistics.agreement", schema.AGREEMENT)
PAIRS = made("op_pairs", "statistics.agreement", schema.OP_PAIRS)
GEMMS = made("op_gemms", "statistics.op_gemms", schema.OP_GEMMS)
BESIDE = made("op_beside", "statistics.op_beside", schema.OP_BESIDE)
ALL, UNIFORM = "all", "uniform"
# What chose the row that a file would hold: metric's beginning -> in words.
JUDGES = {
    "committed": "nobody: the committed file",
    "two_gemm": "the two GEMMs' verdict",
    "op": "the operator's own finals",
}

# Metric -> in words; those of rows that are exported are made of JUDGES.
METRICS = {
    "same_word": "the same verdict",
    "same_word_again": "the same verdict, by two recordings of graphx's GEMMs",
    "same_word_same_blocks": "the same verdict, where both kernels fit as many blocks",
    "same_word_other_blocks": "the same verdict, where they do not",
    "flips": "a win by one, a loss by the other",
    "unseen_loss": "a loss by the operator alone",
    "lost_win": "a win by graphx's GEMMs alone",
    "diluted_word": "the operator's verdict, from the GEMMs' interval diluted",
    "kept_order": "the same side of the committed config",
    "correlation": "correlation of log ratios",
    "rank_correlation": "correlation of log ratios by rank",
    "slope": "slope of the operator's log ratio",
    "part": "latency of the two GEMMs over the operator's",
    "logits_diff": "largest logits_diff",
} | {
    f"{judge}_{name}": f"row of a file chosen by {words}: {of}"
    for judge, words in JUDGES.items()
    for name, of in {
        "mean": "over the better of committed and default, mean",
        "worst": "over the better of the two, at worst",
        "over": "share beyond the margin",
    }.items()
}

# What a recording beside is held against, in words.
AGAINST = {"operator": "vLLM's operator", "two_gemm": "graphx's two GEMMs"}


def runtime(table: Frame, pairs: Frame) -> Figure:
    """``[device]["op"]``: cells, pairs, every metric of all formats, the same by format, and how
    often the word is the same apart, all of UNIFORM routing; ``skewed`` has the metrics by any
    other. ``table``: AGREEMENT, ``pairs``: OP_PAIRS."""  # noqa: D205,D209
    out: Figure = {}
    for device, rows in table.groupby("device", sort=True):
        by_routing = {
            str(routing): {str(name): _metrics(part) for name, part in some.groupby("scheme")}
            for routing, some in rows.groupby("routing", sort=True)
        }
        by_scheme = by_routing.pop(UNIFORM, {})
        mine = pairs[(pairs["device"] == device) & (pairs["routing"] == UNIFORM)]
        out[str(device)] = {
            "op": {
                "cells": int(mine["cell_id"].nunique()),
                "pairs": len(mine),
                **by_scheme.pop(ALL, {}),
                "schemes": by_scheme,
                "apart": _apart(mine),
                "skewed": {routing: found[ALL] for routing, found in by_routing.items()},
            }
        }
    return out


def with_gemms(found: Figure, gemms: Frame) -> Figure:
    """The figures with ``[device]["op"]["gemms"]``: OP_GEMMS row by row, where there are any."""
    for device, rows in gemms.groupby("device", sort=True):
        if str(device) in found:
            op = found[str(device)]["op"]
            op["gemms"] = plain_rows(by_cell(rows))
            op["gemms_side"] = sum(sides_with_operator(rows))
    return found


def with_beside(found: Figure, table: Frame) -> Figure:
    """The figures with ``[device]["op"]["beside"]``: of OP_BESIDE one for each (recording, what it
    is held against), its metrics of all formats, and by format."""  # noqa: D205,D209
    for device, rows in table.groupby("device", sort=True):
        if str(device) in found:
            keys = ["measured", "dataset", "against"]
            found[str(device)]["op"]["beside"] = [
                dict(zip(keys, map(str, key), strict=True)) | _by_scheme(some)
                for key, some in rows.groupby(keys, sort=False)
            ]
    return found


def _by_scheme(rows: Frame) -> Figure:
    by_scheme = {str(name): _metrics(part) for name, part in rows.groupby("scheme")}
    return {"all": by_scheme.pop(ALL), "schemes": by_scheme}


def beside_rows(summary: Summary) -> list[tuple[str, Figure, str, Figure]]:
    """(GPU, recording and what it is held against, formats, metrics)."""
    return [
        (device, one, name, found)
        for device, op in operators(summary)
        for one in op.get("beside", ())
        for name, found in ((ALL, one["all"]), *one["schemes"].items())
    ]


def sides_with_operator(gemms: Frame) -> list[bool]:
    """Of OP_GEMMS: whether the operator's GEMMs alone, cold, lie nearer to the whole operator's
    ratio than to that of graphx's two GEMMs; not, where they were not timed."""  # noqa: D205,D209
    to_op, to_own = ((gemms["op_cold"] - gemms[name]).abs() for name in ("op_ratio", "ratio"))
    return [bool(nearer) for nearer in to_op < to_own]


def _metrics(rows: Frame) -> Figure:
    """By metric its estimate; where it has no interval, the value alone."""
    plain = plain_rows(rows)
    return {str(row["metric"]): _figure(row) for row in plain if row["value"] is not None}


def _figure(row: dict[str, object]) -> Figure:
    return estimated(row, lacking=True) | {"files": row["files"]}


def _apart(pairs: Frame) -> Figure:
    """By what tells cells apart: pairs, those of one word, flips and unseen losses."""
    where = pairs["unaligned"].map({True: "alignment skipped", False: "aligned"})
    parts = {"path": where, "tokens": pairs["tokens"].map(search_class)}
    return {
        name: {str(word): _counts(some) for word, some in pairs.groupby(by, sort=False)}
        for name, by in parts.items()
    }


def _counts(pairs: Frame) -> Figure:
    words, op_words = pairs["verdict"], pairs["op_verdict"]
    opposite = {("win", "loss"), ("loss", "win")}
    return {
        "pairs": len(pairs),
        "same_word": int((words == op_words).sum()),
        "flips": sum(pair in opposite for pair in zip(words, op_words, strict=True)),
        "unseen_loss": int(((op_words == "loss") & (words != "loss")).sum()),
    }


def operators(summary: Summary) -> Iterator[tuple[str, Figure]]:
    """(GPU, its figures) of those on which a runtime's operator was asked about pairs."""
    for device, found in summary.get("runtime", {}).items():
        if (op := found.get("op")) and op["pairs"]:
            yield device, op


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """A sentence for each GPU: same words, beside what two recordings of one kernel share; what an
    exported row would cost."""  # noqa: D205,D209
    for device, op in operators(summary):
        again = op.get("same_word_again")
        beside = f", by two recordings of the two GEMMs {wording.per_cent(again)}" if again else ""
        itself = held(op, "vLLM", "operator")
        if itself:
            beside += f", by two recordings of the operator {wording.per_cent(itself['same_word'])}"
        yield (
            f"{short_name(device)}, the runtime's own operator against graphx's two GEMMs,"
            f" {op['pairs']:,} pairs on {op['cells']:,} cells: the same word on"
            f" {wording.per_cent(op['same_word'])}{beside}; opposite words on"
            f" {wording.per_cent(op['flips'])}; log ratios correlate at"
            f" {wording.ratio(op['correlation'])}."
        )
        worst = [find(op, f"{judge}_worst/mean") for judge in JUDGES]
        if None not in worst:
            yield (
                f"{short_name(device)}, the worst row of a file under the operator, over the better"
                f" of committed and default: {worst[0]:.3f} as committed, {worst[1]:.3f} if the two"
                f" GEMMs chose, {worst[2]:.3f} if the operator did."
            )
        sglang = [held(op, "SGLang", against) for against in AGAINST]
        if None not in sglang:
            same = [wording.per_cent(one["same_word"]) for one in sglang if one]
            yield (
                f"{short_name(device)}, SGLang's own operator: vLLM's word on {same[0]}, that of"
                f" graphx's two GEMMs on {same[1]}."
            )


def found(summary: Summary) -> Iterator[Finding]:
    """Whether a verdict of graphx's kernel can be relied on in a runtime."""
    for device, op in operators(summary):
        again, chosen = op.get("same_word_again"), op["two_gemm_over"]
        share = "recordings of the same kernel share"
        beside = f" ({share} {wording.per_cent(again)})" if again else ""
        yield Finding(
            "graphx's kernel is not yet vLLM's",
            f"on the {short_name(device)}, vLLM's operator gives the same verdict on"
            f" {wording.per_cent(op['same_word'])} of {op['pairs']:,}{beside}. Rows chosen by"
            " graphx's verdict are more than the margin behind committed or default on"
            f" {wording.per_cent(chosen)} of {chosen['n']:,} cells, by the operator's own finals on"
            f" {wording.per_cent(op['op_over'])}: let it choose (`graphx judge`)",
            "sure",
        )
        theirs, ours = (held(op, "SGLang", name) for name in AGAINST)
        if theirs and ours:
            yield Finding(
                "… nor SGLang's",
                f"its operator gives vLLM's verdict on {wording.per_cent(theirs['same_word'])} of"
                f" {theirs['same_word']['n']:,} pairs, that of graphx's kernel on"
                f" {wording.per_cent(ours['same_word'])} of {ours['same_word']['n']:,}",
                "sure",
            )


def held(op: Figure, runtime: str, against: str) -> Figure | None:
    """Metrics of all formats of the runtime's recording beside, held against that; None without."""
    for one in op.get("beside", ()):
        if str(one["measured"]).startswith(runtime) and one["against"] == against:
            return dict(one["all"])
    return None


def scheme_rows(summary: Summary) -> list[tuple[str, str, Figure]]:
    """(GPU, formats, figures): all together, by format, then all together by skewed routing."""
    return [
        (device, name, found)
        for device, op in operators(summary)
        for name, found in (
            (ALL, op),
            *op["schemes"].items(),
            *((f"{ALL}, {_named(routing)}", one) for routing, one in op["skewed"].items()),
        )
        if "same_word" in found
    ]


def _named(routing: str) -> str:
    """Conditions in words: the routing, or with their weights as they are."""
    return routing if "weights" in routing else f"{routing} routing"


def checked_only(summary: Summary) -> list[tuple[str, str, Figure]]:
    """(GPU, formats, figures) of formats that were measured without a committed file to meet."""
    return [
        (device, name, found)
        for device, part in summary.get("runtime", {}).items()
        for name, found in find(part, "op/schemes").items()
        if "same_word" not in found
    ]


def disagreeing(pairs: Frame) -> Rows:
    """One row for each pair with another word under the operator."""
    return plain_rows(by_cell(pairs[pairs["verdict"] != pairs["op_verdict"]]))


SECTION = Section(
    "agreement",
    about="whether vLLM's operator, and SGLang's, give the verdicts of graphx's kernel",
    origins={"runtime": [AGREEMENT, PAIRS, GEMMS, BESIDE]},
    build=lambda read: {
        "runtime": with_beside(
            with_gemms(runtime(read["agreement"], read["op_pairs"]), read["op_gemms"]),
            read["op_beside"],
        )
    },
    found=found,
    do="where vLLM is at hand, `graphx tune --judge op` or `graphx judge`; for SGLang try a file on"
    " the engine before it serves.",
    readings=readings,
    values=lambda summary: {
        "agreeing": scheme_rows(summary),
        "with_blocks": [one for one in scheme_rows(summary) if "same_word_other_blocks" in one[2]],
        "checked_only": checked_only(summary),
        "beside": beside_rows(summary),
        "under_op": list(operators(summary)),
    },
    words={"exporting": JUDGES, "held_against": AGAINST, "agreement_metrics": METRICS},
    phrases={"two GEMMs": "the name of a scope", "two recordings of": "how many are compared"},
    rows={"disagreeing": Browsable((PAIRS,), disagreeing)},
    links={"agreement": "Under the runtimes' operators"},
)
