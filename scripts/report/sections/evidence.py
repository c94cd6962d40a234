"""What suites of engine legs showed, and whether it stood when they were run again."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import evidence as schema
from scripts.report.rows import plain_rows
from scripts.report.section import (
    Browsable,
    Figure,
    Finding,
    Frame,
    Frames,
    Headline,
    Rows,
    Section,
    Summary,
    made,
)

MODULE = "evidence.tables"
LEGS = made("evidence_legs", MODULE, schema.LEGS)
STARTS = made("evidence_starts", MODULE, schema.STARTS)
COMPARISONS = made("evidence", MODULE, schema.COMPARISONS)
PREMISES = made("evidence_premises", MODULE, schema.PREMISES)
KERNELS = made("evidence_kernels", MODULE, schema.KERNELS)
ORDER = made("evidence_order", MODULE, schema.ORDER)
ANSWERS = made("evidence_answers", MODULE, schema.ANSWERS)
PLANTED = made("evidence_planted", MODULE, schema.PLANTED)
_BETWEEN = ("first", "second")


def comparisons(read: Frames) -> list[Figure]:
    """One for each re-run: verdict, reasons, and what it is made of."""
    return [_comparison(row, read) for row in plain_rows(read["evidence"])]


def _comparison(row: Figure, read: Frames) -> Figure:
    mine = {
        name: _of(read[f"evidence_{name}"], row)
        for name in ("premises", "kernels", "order", "answers", "planted")
    }
    judged = mine["kernels"][mine["kernels"]["judged"]]
    sums = mine["kernels"][mine["kernels"]["kernel"].str.startswith("all ")]
    return {
        **{name: row[name] for name in ("first", "second", "suite", "device", "verdict")},
        "reasons": row["reasons"].split("\n") if row["reasons"] else [],
        "kernels": {name: row[name] for name in ("judged", "equal", "changed")}
        | {"all": len(mine["kernels"])},
        "calls_equal": row["calls_equal"],
        "order_kept": row["order_kept"],
        "accuracy": row["accuracy"],
        "premises": {"compared": row["premises"], "unequal": row["unequal"],
                     "differ": _unlike(mine["premises"])},
        **{name: row[name] for name in ("machine", "boots_first", "boots_second")},
        "largest": _farthest(judged),
        "visible": row["visible"],
        "sums": _without(sums, ("judged", "calls_first", "calls_second", "kind")),
        "order": _without(mine["order"]),
        "answers": _without(mine["answers"]),
        "planted": _without(mine["planted"]),
        "planted_into": row["planted_into"],
        "planted_alone": row["planted_alone"],
        "planted_tried": row["planted"],
        "planted_found": row["planted_found"],
    }  # fmt: skip


def _of(table: Frame, row: Figure) -> Frame:
    mine: Frame = table[(table["first"] == row["first"]) & (table["second"] == row["second"])]
    return mine


def _without(rows: Frame, more: tuple[str, ...] = ()) -> Rows:
    return plain_rows(rows.drop(columns=[*_BETWEEN, *more]))


def _unlike(premises: Frame) -> Rows:
    rows = premises[~premises["same"].astype(bool)]
    return _without(rows, ("same",))


def _farthest(judged: Frame) -> Figure | None:
    """The judged kernel whose ratio lies farthest from one."""
    known = judged.dropna(subset="ratio")
    if known.empty:
        return None
    far = (known["ratio"] - 1).abs().idxmax()
    names = ("leg", "phase", "kernel", "ratio", "low", "high")
    (row,) = plain_rows(known.loc[[far], list(names)])
    return dict(row)


def sets(legs: Frame, starts: Frame) -> list[Figure]:
    """One for each set: its legs, and how they were started."""
    out = []
    for name, rows in legs.groupby("set", sort=False):
        mine = starts[starts["set"] == name]
        out.append({
            "name": str(name),
            "suite": rows["suite"].iloc[0],
            "device": rows["device"].iloc[0],
            "legs": plain_rows(rows.drop(columns=["set", "suite", "device"])),
            "starts": len(mine),
            "driver": ", ".join(sorted(set(mine["driver"]))),
            "uuid": ", ".join(sorted(set(mine["uuid"]))),
            "machine": ", ".join(sorted(set(mine["machine"].dropna()))),
            "commit": ", ".join(sorted({one[:12] for one in mine["commit"]})),
            "packages": mine["packages"].iloc[0],
            "seconds": None if mine["seconds"].isna().all() else float(mine["seconds"].max()),
        })  # fmt: skip
    return out


UNDECIDED = "undecided"


def found(summary: Summary) -> Iterator[Finding]:
    """Re-runs that decide, and how many do not."""
    evidence = summary.get("evidence", [])
    for one in (one for one in evidence if one["verdict"] != UNDECIDED):
        kernels = one["kernels"]
        yield Finding(
            f"Run again on {one['machine']}",
            f"the suite {one['suite']} on vLLM's engine {one['verdict']}: of {kernels['all']}"
            f" kernels and sums {kernels['judged']} are large enough to judge,"
            f" {kernels['equal']} of them shown within the bound",
            "sure",
        )
    told = "; ".join(
        f"{one['second']}, {one['kernels']['equal']} of {one['kernels']['judged']} shown within it"
        for one in evidence
        if one["verdict"] == UNDECIDED
    )
    if told:
        yield Finding("Run again, undecided", told, "sure")


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Of each re-run: the verdict, and what it rests on."""
    for one in summary.get("evidence", []):
        kernels, kept = one["kernels"], one["order_kept"]
        order = "kept" if kept else "not kept" if kept is False else "not to be told"
        calls = {True: "equal", False: "not equal", None: "not compared"}[one["calls_equal"]]
        yield (
            f"{short_name(one['device'])}, suite {one['suite']} on the runtime's engine, run again"
            f" on {one['machine']}: {one['verdict']}. {kernels['equal']} of {kernels['judged']}"
            f" kernels and sums are shown equal within the bound, {kernels['changed']} changed;"
            f" calls {calls}, order of the legs {order}, answers {one['accuracy']};"
            f" {one['planted_found']} of {one['planted_tried']} planted changes"
            " got the right word."
        )


def kernel_rows(kernels: Frame) -> Rows:
    """Every kernel of every comparison."""
    return plain_rows(kernels)


SECTION = Section(
    "evidence",
    about="suites of engine runs measured again: what still stands",
    origins={
        "evidence": [COMPARISONS, PREMISES, KERNELS, ORDER, ANSWERS, PLANTED],
        "evidence_sets": [LEGS, STARTS],
    },
    build=lambda read: {
        "evidence": comparisons(read),
        "evidence_sets": sets(read["evidence_legs"], read["evidence_starts"]),
    },
    found=found,
    do="`graphx evidence` records a suite of yours, `graphx stands` asks it again after a change of"
    " driver, runtime or machine.",
    readings=readings,
    captions={
        "evidence": "Suites of engine legs: GPU time of a decode step, and each kernel's change"
        " when the suite was run again."
    },
    rows={"evidence_kernel_rows": Browsable((KERNELS,), kernel_rows)},
    links={"evidence": "Evidence re-run"},
)
