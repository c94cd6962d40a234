"""What a re-run says against an earlier set, and what it leaves open, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scripts.evidence import answers, changes
from scripts.evidence.answers import Accuracy
from scripts.evidence.changes import BOUND, Change
from scripts.evidence.order import OPEN, TURNED, Pair

_KERNEL = "{one.leg}, {one.phase}, {one.kernel}"
_TIME = f"time: {_KERNEL}: {{one.ratio:.3f}} times ({{one.low:.3f}} to {{one.high:.3f}})"
Finding = Change | Pair | Accuracy
Shape = tuple[Sequence[Finding], Callable[[Any], bool], str]


def against(
    kernels: Sequence[Change], pairs: Sequence[Pair], accuracy: Sequence[Accuracy]
) -> list[str]:
    """What has changed, the hardest first."""
    return _told(
        (kernels, lambda one: not one.calls_equal,
         f"calls: {_KERNEL}: {{first}} against {{second}}"),
        (kernels, lambda one: one.word == changes.CHANGED, _TIME),
        (pairs, lambda one: one.word == TURNED,
         "order: {one.faster} was faster than {one.slower} ({one.ratio_first:.3f} times) and is not"
         " ({one.ratio_second:.3f})"),
        (accuracy, lambda one: one.word == answers.CHANGED,
         "answers: {one.leg}: {one.right_first} right of {one.asked} against {one.right_second},"
         " timeouts {one.timeouts_first} against {one.timeouts_second}"),
    )  # fmt: skip


def unknown(
    kernels: Sequence[Change], pairs: Sequence[Pair], accuracy: Sequence[Accuracy]
) -> list[str]:
    """What so many runs could not tell."""
    return _told(
        (kernels, lambda one: one.judged and one.word == changes.UNSEEN,
         f"{_TIME} is not shown to be within {BOUND:.0%}{{enough}}"),
        (pairs, lambda one: one.word == OPEN,
         "order: that {one.faster} is still faster than {one.slower} has probability"
         " {one.second:.2f}"),
        (accuracy, lambda one: one.word == answers.UNSEEN,
         "answers: {one.leg}: {one.few_first} and {one.few_second} right of the first"
         f" {answers.FEW}, {{one.right_first}} and {{one.right_second}} of {{one.asked}}"),
    )  # fmt: skip


def _told(*shapes: Shape) -> list[str]:
    return [
        sentence.format(one=one, **_words(one))
        for found, holds, sentence in shapes
        for one in found
        if holds(one)
    ]


def _words(one: Finding) -> dict[str, str]:
    """Words of a kernel that are not as they stand in it."""
    if not isinstance(one, Change):
        return {}
    first, second = (" or ".join(map(str, n)) for n in (one.calls_first, one.calls_second))
    enough = f"; {one.boots_wanted} boots in each set would do" if one.boots_wanted else ""
    return {"first": first, "second": second, "enough": enough}
