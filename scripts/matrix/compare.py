"""Compare two records of a matrix: what takes longer, or more memory, than it did.

Level 5 between records. A time is a regression beyond the margin and beyond what boots differ by;
memory beyond the bytes given. Premises come first: unequal ones end it, or leave out the times that
the host has a part in. --slower and --heavier put a fault into the second record's numbers, to see
that it would be found. Exit status 1 if there is a regression.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.matrix.compared import Change, Compared, Comparison, compare, planted, side_of
from scripts.matrix.levels.noise import BYTES
from scripts.matrix.premises import Bears, Premise

EXAMPLE = """
  graphx matrix compare build/monday/record.jsonl build/friday/record.jsonl
  graphx matrix compare monday.jsonl.xz monday.jsonl.xz --slower 0.04"""


def told(found: Comparison) -> list[str]:
    """What is printed."""
    lines = [f"premises: {len(found.premises)}"]
    lines += [f"  {one.name}: {one.first[:100]} | {one.second[:100]}  ({_bears(one)})"
              for one in found.premises if not one.equal]  # fmt: skip
    lines.append(f"compared: {len(found.compared)} numbers of"
                 f" {len({one.cell for one in found.compared})} cells")  # fmt: skip
    for change in (Change.REGRESSION, Change.BETTER):
        rows = [one for one in found.rows if one.change is change]
        lines.append(f"{change}: {len(rows)}")
        lines += [f"  {said(one)}" for one in rows]
    for why in dict.fromkeys(one.reason for one in found.rows if one.reason):
        rows = [one for one in found.rows if one.reason == why]
        names = ", ".join(dict.fromkeys(one.metric for one in rows))
        lines.append(f"not compared: {len(rows)} ({names}): {why}")
    if found.missing:
        lines.append(f"without numbers in the second: {', '.join(found.missing)}")
    return lines


def _bears(one: Premise) -> str:
    words = {
        Bears.ALL: "nothing can be compared",
        Bears.CLOCK: "times on the clock are not compared",
        Bears.NOTHING: "may be what changed",
    }
    return words[one.bears]


def said(one: Compared) -> str:
    """A change in a line."""
    if one.metric == BYTES:
        return f"{one.cell}: {(one.second - one.first) / 1e9:+.2f} GB at the peak"
    floor = f", boots differ by {one.floor:.1%}" if one.floor is not None else ""
    return f"{one.cell}: {one.metric} takes {one.ratio:.3f} of what it did{floor}"


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    if parser.prog.endswith(" matrix"):
        parser.prog += " compare"
    parser.add_argument("first", type=Path, help="the earlier record, .jsonl or .jsonl.xz")
    parser.add_argument("second", type=Path, help="the later one")
    parser.add_argument("--slower", type=float, default=0.0, metavar="SHARE",
                        help="put into the second: all times longer by this share")  # fmt: skip
    parser.add_argument("--heavier", type=int, default=0, metavar="BYTES",
                        help="put into the second: all peaks higher by so much")  # fmt: skip
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read two records, compare, print."""
    arguments = make_parser().parse_args(argv)
    fired = [False]

    def body() -> None:
        if arguments.slower <= -1:
            raise InputError(f"--slower: {arguments.slower:g}; a share above -1")
        second = side_of(arguments.second)
        if arguments.slower or arguments.heavier:
            second = planted(second, arguments.slower, arguments.heavier)
        found = compare(side_of(arguments.first), second)
        fired[0] = bool(found.regressions)
        print("\n".join(told(found)))

    return run_main(body, lambda: int(fired[0]))


if __name__ == "__main__":
    sys.exit(main())
