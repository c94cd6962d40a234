"""Recordings, GPUs and number formats are listed in one place each; whoever needs them asks there.

Scanned are the sources, the rules, the schemas and params.yaml; for recordings the tests as well. A
list of some of them for a reason of its own has its place here too, with what it lists; no two are
the same.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from kernels.formats import SCHEMES
from scripts.lib.device import devices
from scripts.lib.recordings import recordings

ROOT = Path(__file__).parents[1]
FOLDERS = ("scripts", "kernels", "rules")
FILES = ("Snakefile", "Makefile", "params.yaml", "data/recordings.yaml", "data/models.yaml",
         "data/spec.yaml", "data/upstream.yaml")  # fmt: skip
_BRACKETS = re.compile(r"[\[({][^\[\](){}]*[\])}]")
_WORD = re.compile(r"[\w.+-]+")


class Listed(NamedTuple):
    """Names of a kind that stand together, and what else does; ``keys``: of a table of facts."""

    file: str
    names: frozenset[str]
    others: frozenset[str]
    keys: bool


class Kind(NamedTuple):
    """``least``: from how many names on they are a list. ``places``: file -> what it lists."""

    names: frozenset[str]
    least: int
    places: dict[str, str]


KINDS = {
    "recordings": Kind(
        frozenset(one.name for one in recordings()),
        3,
        {"data/recordings.yaml": "all"},
    ),
    "GPUs": Kind(
        frozenset(devices()),
        3,
        {
            "scripts/lib/devices.json": "all",
            "params.yaml": "those whose spaces are compiled",
            "scripts/lib/runtimes/table.py": "a GPU for each rule by which runtimes name GPUs",
        },
    ),
    "number formats": Kind(
        frozenset(SCHEMES),
        3,
        {
            "kernels/formats.py": "all",
            "params.yaml": "those compiled for GPUs that have not all",
            "scripts/lib/runtimes/default_config.py": "those for which vLLM has a default",
            "scripts/lib/runtimes/rules.json": "what runtimes call formats in names of files",
            "scripts/runtime/op.py": "those that vLLM's operator takes",
            "scripts/runtime/sglang_op.py": "those that SGLang's operator takes",
        },
    ),
}


def sources(kind: str) -> list[Path]:
    folders = (*FOLDERS, "tests") if kind == "recordings" else FOLDERS
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    kept = [path for path in found if path.suffix in (".py", ".smk", ".yaml", ".json", ".j2")]
    return sorted([*kept, *(ROOT / name for name in FILES)])


Group = tuple[list[str], bool]


def groups(path: Path) -> Iterator[Group]:
    """Texts that stand together, and whether they are keys."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _in_python(ast.parse(text))
    elif path.suffix == ".yaml":
        yield from _in_yaml(yaml.compose(text), set())
    elif path.suffix == ".json":
        yield from _in_json(json.loads(text))
    else:
        yield from ((_WORD.findall(match), False) for match in _BRACKETS.findall(text))


def _in_python(tree: ast.Module) -> Iterator[Group]:
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield [text for one in node.elts for text in _text(one)], False
        elif isinstance(node, ast.Dict):
            yield [text for one in node.keys if one is not None for text in _text(one)], True


def _text(node: ast.expr) -> list[str]:
    """That of an element; of a call its first argument, which names what it makes."""
    inner = node.args[0] if isinstance(node, ast.Call) and node.args else node
    is_text = isinstance(inner, ast.Constant) and isinstance(inner.value, str)
    return [inner.value] if is_text else []


def _in_yaml(node: Any, seen: set[int]) -> Iterator[Group]:
    """An alias is the node that it repeats, so that it is typed once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        entries = [_scalars(one).get("name") for one in node.value]
        texts = [one.value for one in node.value if isinstance(one, yaml.ScalarNode)]
        yield [*texts, *filter(None, entries)], False
    elif isinstance(node, yaml.MappingNode):
        yield [key.value for key, _ in node.value], True
    for one in node.value if isinstance(node, yaml.CollectionNode) else ():
        yield from _in_yaml(one[1] if isinstance(one, tuple) else one, seen)


def _scalars(node: Any) -> dict[str, str]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: one.value for key, one in pairs if isinstance(one, yaml.ScalarNode)}


def _in_json(value: Any) -> Iterator[Group]:
    if isinstance(value, dict):
        yield list(value), True
    elif isinstance(value, list):
        yield [one for one in value if isinstance(one, str)], False
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _in_json(one)


def found(kind: Kind, paths: Iterable[Path], root: Path = ROOT) -> list[Listed]:
    """Groups with names enough."""
    return [
        Listed(path.relative_to(root).as_posix(), names, frozenset(texts) - names, keys)
        for path in paths
        for texts, keys in groups(path)
        if len(names := kind.names.intersection(texts)) >= kind.least
    ]


@pytest.mark.parametrize("name", KINDS)
def test_what_is_listed_has_its_place_and_no_list_is_typed_twice(name: str) -> None:
    kind = KINDS[name]
    lists = [one for one in found(kind, sources(name)) if not one.keys]
    assert {one.file for one in lists} <= set(kind.places)
    twice = [one for one, count in Counter(one.names for one in lists).items() if count > 1]
    assert not twice


@pytest.mark.parametrize("name", KINDS)
def test_a_place_is_where_it_is_said_to_be(name: str) -> None:
    kind = KINDS[name]
    by_file: dict[str, set[frozenset[str]]] = {}
    for one in found(kind, sources(name)):
        by_file.setdefault(one.file, set()).add(one.names)
    assert set(kind.places) <= set(by_file)
    (whole,) = (file for file, what in kind.places.items() if what == "all")
    assert kind.names in by_file[whole]


@pytest.mark.parametrize("name", ["GPUs", "number formats"])
def test_tables_by_name_know_all_their_names(name: str) -> None:
    """Facts of some GPUs or formats stand where they are used; a name that is no more is found."""
    kind = KINDS[name]
    tables = [one for one in found(kind, sources(name)) if one.keys]
    assert tables
    assert [one for one in tables if one.others] == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.py", "DATASETS = ({0!r}, {1!r}, {2!r})"),
        ("b.py", "def f(x=[{0!r}, {1!r}, {2!r}]): ..."),
        ("c.yaml", "phase: {{ wanted: [{0}, {1}, {2}] }}"),
        ("d.yaml", "- name: {0}\n- name: {1}\n- name: {2}\n"),
        ("e.json", '{{"known": ["{0}", "{1}", "{2}"]}}'),
        ("g.py", "WANTED = ['all', {0!r}, {1!r}, {2!r}]"),
        ("f.smk", 'WANTED = ["{0}", "{1}", "{2}"]'),
    ],
)
@pytest.mark.parametrize("name", KINDS)
def test_a_planted_list_is_found(name: str, file: str, text: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    names = sorted(kind.names)[:3]
    path = tmp_path / file
    path.write_text(text.format(*names), encoding="utf-8")
    (one,) = (one for one in found(kind, [path], tmp_path) if not one.keys)
    assert (one.file, one.names) == (file, frozenset(names))


def test_an_alias_is_typed_once(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("a: &some [bf16, fp16, fp8_w8a8]\nb: *some\n", encoding="utf-8")
    assert len(found(KINDS["number formats"], [path], tmp_path)) == 1
