"""The command that tunes a layer: where its seconds go, and whether it chooses the same again."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import restarts as again
from scripts.lib.schemas import tuning as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Headline, Section, Summary, made

TUNING = made("tuning", "statistics.tuning", schema.TUNING)
CHOICES = made("tuning_choices", "statistics.tuning", schema.CHOICES)
SAME = made("same_choice", "statistics.same_choice", again.SAME)
REACH = {schema.KNOWN: 20, schema.HIDDEN: 30}  # own seconds
ROW = 1.01  # exported row over the better of committed and default, under the operator
KINDS = {
    schema.KNOWN: "on a recorded kind of GPU",
    schema.HIDDEN: "with the GPU's recordings hidden",
    schema.OPERATOR: "with finals under the runtime's operator",
}
STEPS = {f"s_{step.replace(' ', '_')}": step for step in schema.STEPS}
PARTS = {f"m_{part}": part for part in schema.MEASURING}
MEASURES = {
    "same": "the same config",
    "named": "the same, or each names the other's",
    "either": "the same, or one names the other's",
}


def runs(table: Frame) -> Figure:
    """``[recording][run]``: the other columns of TUNING."""
    out: Figure = {}
    for row in plain_rows(table):
        out.setdefault(str(row.pop("recording")), {})[str(row.pop("run"))] = row
    return out


def by_kind(table: Frame) -> Figure:
    """``[GPU][kind]``: n, seconds{median, worst}; medians of wall, trials, load, both ratios.

    Of the recording that came last: an earlier one is of the command as it was then.
    """
    out: Figure = {}
    for (device, kind), every in table.groupby(["device", "kind"], sort=True):
        rows = every[every["recording"] == every["recording"].iloc[-1]]
        seconds = rows["seconds"]
        out.setdefault(str(device), {})[str(kind)] = {
            "n": len(rows),
            "seconds": {"median": float(seconds.median()), "worst": float(seconds.max())},
            **{
                name: None if rows[name].isna().all() else float(rows[name].median())
                for name in ("wall", "trials", "load", "over_committed", "over_default")
            },
        }
    return out


def same(table: Frame) -> Figure:
    """``[trials][GPU/layer]``: restarts, n, names, regret, mean_regret; by measure mean, ci, n and
    whole."""  # noqa: D205,D209
    out: Figure = {}
    for row in plain_rows(table):
        layer = out.setdefault(str(row["trials"]), {}).setdefault(
            f"{row['device']}/{row['shape']}",
            {name: row[name] for name in ("restarts", "n", "names", "regret", "mean_regret")},
        )
        layer[str(row["measure"])] = estimated(row) | {"whole": row["whole"]}
    return out


def operator(choices: Frame) -> Figure:
    """``[GPU/layer][run]``: rows; worst row and rows over ``ROW``, as exported and as tuned."""
    out: Figure = {}
    judged = choices[choices["over_standing"].notna()]
    layers = judged["cell_id"].str.rpartition("/")[0]
    for (layer, run), rows in judged.groupby([layers, "run"], sort=True):
        out.setdefault(str(layer), {})[str(run)] = {"rows": len(rows)} | {
            name: {"worst": float(rows[name].max()), "over": int((rows[name] > ROW).sum())}
            for name in ("over_standing", "as_tuned")
        }
    return out


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Seconds against what is to be reached; the choices of restarts."""
    found = summary.get("tuning", {})
    for device, kinds in sorted(found.get("kinds", {}).items()):
        for kind in (kind for kind in REACH if kind in kinds):
            one, most = kinds[kind], REACH[kind]
            reached = "reached" if one["seconds"]["worst"] <= most else "not reached"
            yield (
                f"A layer tuned {one['n']} times on {short_name(device)}, {KINDS[kind]}:"
                f" {one['seconds']['median']:.1f} s in the median, {one['seconds']['worst']:.1f} s"
                f" at the worst (to reach: {most} s; {reached})."
            )
    for trials, layers in sorted(found.get("same", {}).items()):
        for layer, one in sorted(layers.items()):
            device, shape = layer.split("/")
            yield (
                f"{shape} on {short_name(device)}, tuned {one['restarts']} times on"
                f" {trials} trials: {wording.per_cent(one['same'])} of pairs of runs choose the"
                f" same config, {wording.per_cent(one['named'])} that or one that each names"
                f" ({one['names']:.1f} named on average; mean of {one['n']} batch sizes)."
            )


def found(summary: Summary) -> Iterator[Finding]:
    """How long a file takes on a GPU of which nothing is known, and what it gains."""
    for device, kinds in summary.get("tuning", {}).get("kinds", {}).items():
        if hidden := kinds.get(schema.HIDDEN):
            judged = kinds.get(schema.OPERATOR)
            longer = (
                f", {judged['wall']:.0f} s where vLLM's operator judges (of {judged['n']})"
                if judged
                else ""
            )
            yield Finding(
                "You have the GPU",
                f"`graphx tune` wrote a layer's file in {hidden['wall']:.0f} s on an"
                f" {short_name(device)} whose own recordings were hidden (median of"
                f" {hidden['n']} runs){longer}; it takes {hidden['over_default']:.3f} of the"
                " default's time, by graphx's own kernel",
                "worth",
            )


SECTION = Section(
    "tuning",
    about="how long a layer takes to tune, and whether it is tuned the same again",
    origins={
        "tuning/runs": [TUNING],
        "tuning/kinds": [TUNING],
        "tuning/same": [SAME],
        "tuning/operator": [CHOICES],
    },
    build=lambda read: {
        "tuning": {
            "runs": runs(read["tuning"]),
            "kinds": by_kind(read["tuning"]),
            "same": same(read["same_choice"]),
            "operator": operator(read["tuning_choices"]),
        }
    },
    found=found,
    do="`graphx tune` on the GPU; where vLLM is installed, let its operator judge (`--judge op`, or"
    " `graphx judge` afterwards).",
    readings=readings,
    words={
        "tuning_words": {
            "KINDS": KINDS,
            "STEPS": STEPS,
            "PARTS": PARTS,
            "REACH": REACH,
            "ROW": ROW,
            "MEASURES": MEASURES,
        }
    },
    phrases={
        f"to reach: {most} s": "a figure to reach beside the measured one"
        for most in REACH.values()
    },
    links={"tuning": "Tuning a layer, timed"},
)
