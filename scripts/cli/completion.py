"""A completion script for bash or zsh: commands, their options, names of GPUs and models.

It is made from the commands' own parsers and from the tables of names, so that pressing the key
starts nothing. Make it again after an update.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from string import Template

from scripts.cli.commands import COMMANDS
from scripts.lib import command_line
from scripts.lib.device import devices
from scripts.lib.log import run_main
from scripts.tune.known_names import schemes
from scripts.tune.models import known_models

EXAMPLE = """examples:
  source <(graphx completion bash)
  graphx completion bash > ~/.local/share/bash-completion/completions/graphx
  source <(graphx completion zsh)
"""
_BASH = Template("""\
_graphx() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local IFS=$$'\\n' words=
    COMPREPLY=()
    if (( COMP_CWORD == 1 )); then
        words=$commands
    else
        case ${COMP_WORDS[1]}$$'\\t'$$before in
$values
        *)  case ${COMP_WORDS[1]} in
$options
            esac ;;
        esac
    fi
    COMPREPLY=($$(compgen -W "$$words" -- "$$word"))
}
complete -o default -F _graphx graphx
""")
_NAMES: Mapping[str, Callable[[], Iterable[str]]] = {
    "--model": known_models,
    "--device": devices,
    "--sources": devices,
    "--scheme": schemes,
}
_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"


def script(shell: str) -> str:
    """The script for ``bash`` or ``zsh``."""
    values, options = [], []
    for name, command in COMMANDS.items():
        module = importlib.import_module(command.module)
        found = _options(module.make_parser()) if hasattr(module, "make_parser") else {}
        first = [*getattr(module, "COMMANDS", {}), *found]
        options.append(f"            {name}) words={_words(first)} ;;")
        values += [
            f"        {name}$'\\t'{option}) words={_words(known)} ;;"
            for option, known in found.items()
            if known
        ]
    text = _BASH.safe_substitute(
        commands=_words(COMMANDS), values="\n".join(values), options="\n".join(options)
    )
    return (_ZSH if shell == "zsh" else "") + text


def _options(parser: argparse.ArgumentParser) -> dict[str, Sequence[str]]:
    """By option: the values that it may have, if those are known."""
    return {
        option: _values(option, action)
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    }


def _values(option: str, action: argparse.Action) -> Sequence[str]:
    if action.choices:
        return [str(one) for one in action.choices]
    # An option that takes no name but a number or a path may be called alike.
    return list(_NAMES[option]()) if option in _NAMES and action.type is None else ()


def _words(words: Sequence[str] | Mapping[str, object]) -> str:
    """In shell quotes, a line each: names of models hold blanks, names of GPUs brackets."""
    return "$'" + "\\n".join(str(word).replace("'", "\\'") for word in words) + "'"


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("shell", choices=["bash", "zsh"], help="for which shell")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    args = make_parser().parse_args(argv)
    return run_main(lambda: print(script(args.shell), end=""))


if __name__ == "__main__":
    sys.exit(main())
