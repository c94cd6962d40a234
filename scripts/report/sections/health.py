"""How good the config files that the runtime ships still are under its own operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import health as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import (
    Browsable,
    Figure,
    Finding,
    Frame,
    Headline,
    Rows,
    Section,
    Summary,
    made,
)

HEALTH = made("health", "statistics.health", schema.HEALTH)
RATES = made("health_rates", "statistics.health", schema.HEALTH_RATES)
ALL, SCHEME, TRITON = "all", "scheme", "triton"


def health(table: Frame, rates: Frame) -> Figure:
    """By GPU, of HEALTH and HEALTH_RATES: counts, rates of all and by group, the proposals."""
    out: Figure = {}
    for device, rows in table.groupby("device", sort=True):
        known = rows[rows["cell_id"].notna()]
        if known.empty:
            continue
        mine = rates[rates["device"] == device]
        found = proposals(rows)
        out[str(device)] = {
            "files": int(rows["file"].nunique()),
            "rows": len(rows),
            "recorded": {"files": int(known["file"].nunique()), "rows": len(known)},
            "worse_than_default": int(known["worse_than_default"].sum()),
            "behind_3": int(known["behind_3"].sum()),
            "stale": {
                "files": int(rows[rows["stale"]]["file"].nunique()),
                "rows": int(rows["stale"].sum()),
            },
            "worst": {name: _worst(known, name) for name in ("over_default", "over_best")},
            "rates": _grouped(mine[mine["group"] == ALL]).get(ALL, {}),
            "schemes": _grouped(mine[mine["group"] == SCHEME]),
            "triton": _grouped(mine[mine["group"] == TRITON]),
            "proposals": len(found),
            "proposed_rows": sum(one["changed"] for one in found),
            "worst_proposed": _largest(one["worst"] for one in found),
            "worst_left_proposed": _largest(one["worst_left"] for one in found),
            "bundles": found,
        }
    return out


def _worst(rows: Frame, name: str) -> Figure | None:
    known = rows.dropna(subset=[name])
    if known.empty:
        return None
    row = known.sort_values(name).iloc[-1].to_dict()
    return estimated(row, name, ends=f"{name}_", n=None) | {
        "file": str(row["file"]),
        "tokens": int(row["tokens"]),
    }


def _grouped(rows: Frame) -> Figure:
    """By value of the group its metrics."""
    out: Figure = {}
    for row in plain_rows(rows):
        figure = estimated(row, "mean", lacking=True) | {"files": row["files"]}
        out.setdefault(str(row["value"]), {})[str(row["metric"])] = figure
    return out


def proposals(rows: Frame) -> list[Figure]:
    """One for each proposed file of HEALTH: rows changed, largest gain, worst rows as judged.

    Half of the rounds choose: ``worst`` of the rows that they change, ``worst_left`` of those that
    they leave as committed; None if there are none.
    """
    found = []
    for file, mine in rows[rows["in_proposal"]].groupby("file", sort=True):
        changed = mine[mine["proposed_id"] != mine["committed_id"]]
        best = changed.sort_values("gain").iloc[0].to_dict()
        left = mine["held_id"] == mine["committed_id"]
        found.append(
            {
                "file": str(file),
                "rows": len(mine),
                "changed": len(changed),
                "largest": estimated(best, "gain", ends="gain_", n=None)
                | {"tokens": int(best["tokens"])},
                "worst": _largest(mine.loc[~left, "over_better"].dropna()),
                "worst_left": _largest(mine.loc[left, "over_better"].dropna()),
            }
        )
    return found


def _largest(values: Iterable[float | None]) -> float | None:
    return max((float(value) for value in values if value is not None), default=None)


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """A sentence for each GPU."""
    for device, found in summary.get("health", {}).items():
        recorded = found["recorded"]
        yield (
            f"{short_name(device)}, files that vLLM ships, under its own operator:"
            f" {recorded['rows']:,} rows of {recorded['files']} files (of {found['files']})"
            f" were measured; {found['worse_than_default']} are slower than what runs without a"
            f" file, {found['behind_3']} more than 3% behind the fastest config known"
            f" (each shown, after Holm); {found['proposals']} files are proposed anew."
        )
        gain = found["rates"]["gain"]
        yield (
            f"{short_name(device)}, proposed over committed rows: {wording.ratio(gain)} of the"
            f" operator's time over all {gain['n']:,} measured rows, changed or not."
        )


def found(summary: Summary) -> Iterator[Finding]:
    """How many shipped rows are worse than none, and what is proposed."""
    for device, one in summary.get("health", {}).items():
        worst = one["worst"]["over_default"]
        yield Finding(
            f"vLLM ships a file ({short_name(device)})",
            f"under its own operator {one['worse_than_default']:,} of {one['rows']:,} rows in"
            f" {one['files']} files are shown slower than no file"
            + (f", the worst by a factor of {worst['mean']:.2f}" if worst else "")
            + f"; {one['behind_3']:,} are more than 3% behind the best known config."
            f" A better file lies in `results/proposals/` for {one['proposals']} of them",
            "worth",
        )


def changed_rows(table: Frame) -> Rows:
    """One for each row of HEALTH with another config proposed, or shown to be behind."""
    shown = table["behind_3"] | table["worse_than_default"]
    other = table["proposed_id"].notna() & (table["proposed_id"] != table["committed_id"])
    return plain_rows(table[shown | other])


SECTION = Section(
    "health",
    about="the files that vLLM ships, row by row, under its own operator, and better ones",
    origins={"health": [HEALTH, RATES]},
    build=lambda read: {"health": health(read["health"], read["health_rates"])},
    found=found,
    do="take the file of your layer from `results/proposals/`; on another GPU `graphx check` says"
    " of each row whether to keep it.",
    readings=readings,
    values=lambda summary: {"healths": list(summary.get("health", {}).items())},
    phrases={
        "more than 3%": "what counts as behind",
        "half of the rounds": "how they are split",
    },
    captions={
        "health": "Committed configs under the runtime's operator, over what runs without a file"
        " and over the fastest config known: the share of rows up to a ratio, by number format."
    },
    rows={"unwell": Browsable((HEALTH,), changed_rows)},
    links={"health": "Health of shipped files"},
)
