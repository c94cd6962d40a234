"""A command of commands: it hands over to one of them, or names the nearest of what was typed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name


def dispatch(
    prog: str,
    doc: str | None,
    example: str,
    about: Mapping[str, str],
    call: Callable[[str, list[str]], int],
    argv: list[str] | None,
) -> int:
    """The exit status of ``call(name, rest)`` for the command that ``argv`` begins with; of
    nothing typed 2, with the help.

    ``about``: command -> what it does, in the order of the help. ``call`` imports what it runs:
    torch and pandas take seconds to load, and no other command is to pay for them.
    """  # noqa: D205
    given = sys.argv[1:] if argv is None else argv
    if given and given[0] in about:
        return call(given[0], given[1:])
    listed = "\n".join(f"  {name:12}{words}" for name, words in about.items())
    parser = argparse.ArgumentParser(
        prog=prog,
        description=f"{doc}\n\ncommands (each has its own --help):\n{listed}",
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", help="one of the commands above")
    if not given:
        parser.print_help(sys.stderr)
        return 2
    return refused(unknown_name("command", parser.parse_args(given[:1]).command, about))


def refused(error: InputError) -> int:
    """Say what is wrong with the input; its exit status."""

    def body() -> None:
        raise error

    return run_main(body)
