"""Predictions for GPUs that nobody recorded, held against the configs committed for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scripts.lib.device import short_name
from scripts.lib.schemas import foreseen as schema
from scripts.lib.schemas.foreseen import FREE, TOPS, Order
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import (
    Figure,
    Finding,
    Frame,
    Headline,
    Section,
    Summary,
    made,
)

ROWS = made("chosen_rows", "catalogue.foreseen", schema.CHOSEN_ROWS)
PARTS = made("chosen_parts", "catalogue.foreseen", schema.CHOSEN_PARTS, "device", "teacher")
FORESEEN = made("foreseen", "statistics.foreseen", schema.FORESEEN)
# Order -> in words, as the tables have them.
ORDERS = {
    Order.MEASURED: "as measured on it",
    Order.LAYER_OUT: "predicted, layer out",
    Order.FAMILY_OUT: "predicted, family out",
    Order.GPU_OUT: "predicted, GPU out",
    Order.SIM: "predicted by graphx-sim",
    Order.CROWD: "… weighed with what other GPUs' files have in common",
    Order.FITTED: "by its equations alone, fitted",
    Order.EQUATIONS: "by its equations alone, unfitted",
    Order.NEAREST: "by nearness to the teacher's committed config",
    Order.DEFAULT: "by nearness to vLLM's default",
    Order.MEASURED_THERE: "as measured on the teacher",
}
# The scale, as the first page words it.
RECORDED = {
    Order.MEASURED: "as measured",
    Order.LAYER_OUT: "as predicted, layer out",
    Order.GPU_OUT: "as predicted, GPU out",
}
# Part of the record -> in words.
REPLACED = {
    "bandwidth": "memory bandwidth",
    "tensor": "tensor operations a clock",
    "processors": "processors, L2",
    "clock": "clock",
    "record": "all of these",
}
FIRST = [f"first_{top}" for top in TOPS]


def foreseen(table: Frame, rows: Frame, parts: Frame) -> Figure:
    """By GPU: its committed rows, ``orders`` [number formats][order][metric], ``parts`` [part]."""
    teachers = dict(zip(parts["device"], parts["teacher"], strict=True))
    out: Figure = {}
    for device, own in rows.groupby("device", sort=True):
        out[str(device)] = _counts(own) | {"teacher": teachers.get(device), "orders": {}}
    for row in plain_rows(table):
        found = out[row["device"]]
        figure = estimated(row, "mean") | {"files": int(row["clusters"])}
        if row["part"]:
            found.setdefault("parts", {})[row["part"]] = figure
        else:
            orders = found["orders"].setdefault(row["scheme"], {})
            orders.setdefault(row["order"], {})[row["metric"]] = figure
    return out


def _counts(rows: Frame) -> Figure:
    why = rows["reason"].value_counts()
    return {
        "rows": len(rows),
        "files": int(rows["file"].nunique()),
        "legal": int(rows["reason"].isna().sum()),
        "asked": int(rows["asked"].sum()),
        "censored": int(rows["censored"].sum()),
        "reasons": {str(name): int(number) for name, number in why.sort_index().items()},
    }


def unrecorded(summary: Summary) -> list[tuple[str, Figure]]:
    """GPUs of which nothing is recorded, that something was predicted for."""
    found = summary.get("foreseen", {})
    return [(name, one) for name, one in found.items() if Order.SIM in one["orders"].get(FREE, {})]


def recorded(summary: Summary) -> list[tuple[str, Figure]]:
    """GPUs of which whole cells with a committed config are."""
    found = summary.get("foreseen", {})
    wanted = Order.MEASURED
    return [(name, one) for name, one in found.items() if wanted in one["orders"].get(FREE, {})]


def listed(one: Figure, formats: str = FREE) -> list[tuple[str, Figure]]:
    """Orders and their figures, in the order of the tables."""
    orders = one["orders"].get(formats, {})
    return [(order, orders[order]) for order in ORDERS if order in orders]


def told_apart(summary: Summary, order: str) -> dict[str, list[str]]:
    """GPUs on which an order is shown to place the choices earlier than graphx-sim's, or later, or
    is not told apart from it; in short."""  # noqa: D205,D209
    out: dict[str, list[str]] = {"earlier": [], "later": [], "open": []}
    for name, one in unrecorded(summary):
        figure = one["orders"][FREE].get(order, {}).get("more")
        if figure:
            low, high = figure["ci"]
            word = "earlier" if high < 0 else "later" if low > 0 else "open"
            out[word].append(short_name(name))
    return out


def found(summary: Summary) -> Iterator[Finding]:
    """How far down predictions place them, beside the scale, and what tells orders apart."""
    others = unrecorded(summary)
    if not others:
        return
    scales = [f"on the {name}, where the truth is known, {said}" for name, said in _scales(summary)]
    yield Finding(
        "On GPUs that nobody recorded, held against their config files",
        "what was committed stands in the median, as graphx-sim orders,"
        f" {'; '.join([_range(others), *scales])}",
        "sure",
    )
    yield from _apart(summary)


def _apart(summary: Summary) -> Iterator[Finding]:
    others = unrecorded(summary)
    yield from _as_there(others)
    yield from _parts(summary)
    yield from _record(others)


def _range(others: Sequence[tuple[str, Figure]]) -> str:
    """Of the GPU on which they are nearest, and of the farthest."""
    by_median = sorted(others, key=lambda item: _ahead(item[1], Order.SIM)["mean"])
    (near, first), (far, last) = by_median[0], by_median[-1]
    said = f"behind {_median(first, Order.SIM)} of the legal configs on the {short_name(near)}"
    if near == far:
        return said
    return f"{said}, the nearest, to {_median(last, Order.SIM)} on the {short_name(far)}"


def _scales(summary: Summary) -> Iterator[tuple[str, str]]:
    """Of each recorded GPU the medians in the measured order and in predicted ones."""
    for name, one in recorded(summary):
        scale = [
            f"{_median(one, order)} {words}"
            for order, words in RECORDED.items()
            if order in one["orders"][FREE]
        ]
        yield short_name(name), ", ".join(scale)


def _ahead(one: Figure, order: str) -> Figure:
    found: Figure = one["orders"][FREE][order]["ahead_median"]
    return found


def _median(one: Figure, order: str) -> str:
    return wording.per_cent(_ahead(one, order))


def _as_there(others: Sequence[tuple[str, Figure]]) -> Iterator[Finding]:
    """Predictions for a GPU beside what was measured on its teacher, on the same rows."""
    told = [
        f"{short_name(name)} {wording.per_cent(figure)}"
        for name, one in others
        if (figure := one["orders"][FREE].get(Order.MEASURED_THERE, {}).get("more"))
    ]
    teachers = {short_name(one["teacher"]) for _, one in others if one["teacher"]}
    if told:
        yield Finding(
            f"Had the {', '.join(sorted(teachers))}'s own measurements ordered them",
            f"so much more would stand ahead than in what graphx-sim predicts: {'; '.join(told)}",
            "",
        )


def _parts(summary: Summary) -> Iterator[Finding]:
    """Which of the model's parts place the choices earlier, by intervals that leave out none."""
    for order, lead in (
        (Order.CROWD, "With what other GPUs' files have in common weighed in"),
        (Order.FITTED, "Without the learned correction"),
        (Order.EQUATIONS, "By the equations alone, unfitted"),
    ):
        found = told_apart(summary, order)
        told = [
            f"shown to stand {word} on {', '.join(found[word])}"
            for word in ("earlier", "later")
            if found[word]
        ]
        if told:
            told += [f"not told apart on {', '.join(found['open'])}"] if found["open"] else []
            yield Finding(lead, f"the choices are {'; '.join(told)}", "")


def _record(others: Sequence[tuple[str, Figure]]) -> Iterator[Finding]:
    """Parts of the GPUs' records without which the choices stand later, and those without which
    they stand earlier."""  # noqa: D205,D209
    for lead, word, sign in (
        ("Parts of a GPU's record that carry over", "later", 1),
        ("Parts of a GPU's record that mislead", "earlier", -1),
    ):
        told = []
        for part, words in REPLACED.items():
            names = [
                short_name(name)
                for name, one in others
                if (figure := one.get("parts", {}).get(part))
                and min(sign * end for end in figure["ci"]) > 0
            ]
            if names:
                told.append(f"{words} on {', '.join(names)}")
        if told:
            yield Finding(
                lead,
                f"with the teacher's in their place the choices are shown to stand {word}:"
                f" {'; '.join(told)}",
                "",
            )


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """The same, a sentence for each GPU that is recorded."""
    if others := unrecorded(summary):
        yield (
            "On GPUs that nobody recorded what was committed stands in the median, as graphx-sim"
            f" orders, {_range(others)}."
        )
        for name, said in _scales(summary):
            yield f"On the {name} what was committed stands in the median behind {said}."
        for one in _apart(summary):
            yield f"{one.lead}: {one.text}."


SECTION = Section(
    "foreseen",
    about="predictions held against the files of GPUs that nobody recorded",
    origins={"foreseen": [FORESEEN, ROWS, PARTS]},
    build=lambda read: {
        "foreseen": foreseen(read["foreseen"], read["chosen_rows"], read["chosen_parts"])
    },
    found=found,
    do="take what `graphx-sim rank` names for a GPU that nobody recorded as a short list to be"
    " measured (`graphx tune`), not as a choice.",
    readings=readings,
    values=lambda summary: {
        "foreseen_rows": [
            (name, order, figures)
            for name, one in (*recorded(summary), *unrecorded(summary))
            for order, figures in listed(one)
        ],
        "foreseen_unrecorded": unrecorded(summary),
        "foreseen_listed": listed,
    },
    words={
        "foreseen_words": {"ORDERS": ORDERS, "REPLACED": REPLACED, "FIRST": FIRST, "TOPS": TOPS}
    },
    phrases={
        "among the first 8 | 16 | 64": "lengths of short lists, see scripts.lib.schemas.foreseen"
    },
    captions={
        "foreseen": "How many of the legal configs each order has before the committed one, by GPU;"
        " recorded ones first."
    },
    links={"foreseen": "Other GPUs' files foreseen"},
)
