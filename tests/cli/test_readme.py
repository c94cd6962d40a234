"""The commands that README.md shows are commands: their options exist and their names are known."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from scripts.cli.commands import COMMANDS
from scripts.tune.known_names import check_names
from tests.test_documents import takes

README = Path(__file__).parents[2] / "README.md"
_LINE = re.compile(r"^(?:\$ |source <\()?graphx (?P<rest>[^)#|\n]+)", re.MULTILINE)


def shown() -> list[list[str]]:
    code = "\n".join(
        re.findall(r"^```\w*\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    )
    return [shlex.split(match["rest"]) for match in _LINE.finditer(code)]


def test_the_wishes_of_users_come_first() -> None:
    heads = re.findall(r"^## (.*)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[:4] == ["Get a file", "Use a file", "Tune", "Check"]
    rest = [head for head in heads if head in ("Reproduce", "Share", "Extend")]
    assert rest == ["Reproduce", "Share", "Extend"]


def test_each_command_is_shown() -> None:
    assert {"config", "check", "tune", "plan", "sim", "trace"} <= {line[0] for line in shown()}


@pytest.mark.parametrize("typed", shown(), ids=" ".join)
def test_what_is_shown_can_be_typed(typed: list[str]) -> None:
    name, *rest = typed
    if name == "--help":
        return
    command = COMMANDS[name]
    module = importlib.import_module(command.module)
    if name == "sim":
        module, rest = importlib.import_module(f"scripts.sim.{rest[0]}"), rest[1:]
    if [name, *rest[:1]] == ["matrix", "compare"]:
        module, rest = importlib.import_module("scripts.matrix.compare"), rest[1:]
    if not hasattr(module, "make_parser"):
        options = [word.removeprefix("--") for word in rest if word.startswith("--")]
        assert options
        assert all(takes(module.__name__, option) for option in options)
        return
    args = module.make_parser().parse_args([*command.given, *rest])
    if getattr(args, "device", None):
        check_names(args.device, getattr(args, "model", None), getattr(args, "scheme", None))
