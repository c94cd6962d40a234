"""Compare a set of evidence with its re-run, and say whether what it showed still stands.

Premises first (unequal ones end it), then calls, kernels' times, the legs' order and the answers;
one word with its reasons, and the smallest change that the runs could have seen. What is itself
under test, say another driver, is named with --under-test. Exit status 0 if it stands, else 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.evidence.changes import judged_words
from scripts.evidence.collect import read_set
from scripts.evidence.joined import joined
from scripts.evidence.verdict import STANDS, Comparison, compare
from scripts.lib.command_line import parser
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name

EXAMPLE = (
    "python -m scripts.evidence.compare --first build/evidence/monday"
    " --second build/evidence/friday --under-test driver"
)


def told(found: Comparison) -> list[str]:
    """What is printed."""
    lines = [f"verdict: {found.verdict}", *(f"  {reason}" for reason in found.reasons)]
    lines.append(f"premises: {len(found.premises)}, unequal: {len(found.unequal)}")
    lines += [
        f"  under test: {premise.name}: {premise.first} against {premise.second}"
        for premise in found.premises
        if premise.allowed and premise.first != premise.second
    ]
    if found.kernels:
        words = ", ".join(f"{n} {word}" for word, n in judged_words(found.kernels).items())
        lines.append(f"kernels: {words}; calls {'equal' if found.calls_equal else 'unequal'}")
    for pair in found.pairs:
        lines.append(
            f"order: {pair.faster} before {pair.slower}: {pair.word}"
            f" ({pair.ratio_first:.3f}, then {pair.ratio_second:.3f})"
        )
    for one in found.accuracy:
        lines.append(
            f"answers: {one.leg}: {one.right_first}, then {one.right_second} right of {one.asked};"
            f" {one.lost} lost, {one.won} won, timeouts {one.timeouts_first} and"
            f" {one.timeouts_second}; {one.word} (a difference of {one.visible:.1%} would show)"
        )
    if found.visible is not None:
        lines.append(f"smallest change of a kernel to be seen: {found.visible:.2%}")
    return lines


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--first", type=Path, nargs="+", required=True,
                      help="folder of the earlier set; several are joined")  # fmt: skip
    made.add_argument("--second", type=Path, nargs="+", required=True,
                      help="folder of its re-run; several of one machine are joined")  # fmt: skip
    made.add_argument("--under-test", nargs="*", default=[], metavar="PREMISE",
                      help="premises that may differ, since they are what is tried")  # fmt: skip
    return made


def main(argv: list[str] | None = None) -> int:
    """Read both sets, compare, print."""
    arguments = make_parser().parse_args(argv)
    verdict = ""

    def body() -> None:
        nonlocal verdict
        both = (arguments.first, arguments.second)
        first, second = (joined([read_set(one) for one in side]) for side in both)
        known = {**first["set"]["premises"], **second["set"]["premises"]}
        for name in arguments.under_test:
            if name not in known:
                raise unknown_name("premise of --under-test", name, known)
        found = compare(first, second, arguments.under_test)
        verdict = found.verdict
        print("\n".join(told(found)))

    return run_main(body, lambda: 0 if verdict == STANDS else 1)


if __name__ == "__main__":
    sys.exit(main())
