"""What the documents name is there: files, modules with their options, targets, names in files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from scripts.lib.imports import closure

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "data/README.md")
_FOLDERS = "scripts|rules|tests|kernels|envs|profiles|data"
_PATH = re.compile(rf"(?<![\w/.<-])(?:{_FOLDERS})/[\w./*<>-]*[\w*>/]")
_TABLE = re.compile(r"results/tables/[\w/]+\.\w+")
_MODULE = re.compile(r"\b(?:scripts|tests)(?:\.[a-z_]\w*)+")
_COMMAND = re.compile(r"python3? -m ((?:scripts|tests)(?:\.\w+)+)([^`#|&\n]*)")
_TARGET = re.compile(r"(?:`|^)make ([a-z][a-z-]*)", re.MULTILINE)
_NAME = re.compile(r"`(\w+)` (?:of|in) `([\w/]+\.\w+)`")


@cache
def files() -> frozenset[str]:
    """Those of the repository, those recorded, and the folders around them."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    sums = (ROOT / "data/recorded/SHA256SUMS").read_text(encoding="utf-8")
    every = {*listed, *(line.split(maxsplit=1)[1] for line in sums.splitlines())}
    return frozenset(every | {str(folder) for name in every for folder in Path(name).parents})


def there(name: str) -> bool:
    """A file or folder; ``<name>`` and ``*`` stand for anything."""
    pattern = re.sub(r"<[^<>]*>", "*", name.rstrip("/"))
    return pattern in files() or any(fnmatch(one, pattern) for one in files())


def source(module: str) -> str | None:
    """The file of a module or package, or of the module that has the name."""
    path = module.replace(".", "/")
    found = [one for one in (f"{path}.py", f"{path}/__main__.py", f"{path}/__init__.py")
             if one in files()]  # fmt: skip
    if found:
        return found[0]
    outer, _, name = path.rpartition("/")
    return source(outer.replace("/", ".")) if outer and name in text_of(f"{outer}.py") else None


@cache
def text_of(file: str) -> str:
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def rules() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("rules/**/*.smk")))


def absent(text: str) -> Iterator[str]:
    """What a document names and is not there."""
    text = re.sub(r"\\\n\s*", " ", text)
    yield from (name for name in _PATH.findall(text) if not there(name))
    yield from (name for name in _TABLE.findall(text) if name not in rules())
    yield from (name for name in _MODULE.findall(text) if source(name) is None)
    yield from (
        f"make {name}" for name in _TARGET.findall(text)
        if not re.search(rf"^{name}:", text_of("Makefile"), re.MULTILINE)
    )  # fmt: skip
    yield from (f"{name} of {file}" for name, file in _NAME.findall(text)
                if not re.search(rf"\b{name}\b", text_of(file)))  # fmt: skip
    for module, rest in _COMMAND.findall(text):
        options = re.findall(r"(?<= )--([a-z-]+)", rest)
        yield from (f"{module} --{option}" for option in options if not takes(module, option))


def takes(module: str, option: str) -> bool:
    """Whether a module, or what it imports, adds an option: by name, or in a loop over names."""
    file = source(module)
    run = [text_of(one.as_posix()) for one in closure([Path(file)])] if file else []
    looped = any('"--{' in one and f'"{option}"' in one for one in run)
    return option == "help" or looped or any(f'"--{option}"' in one for one in run)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_all_that_a_document_names_is_there(document: str) -> None:
    assert sorted(set(absent(text_of(document)))) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_sections_that_a_document_refers_to_are_there(document: str) -> None:
    """``file.md (*Title*)``, and the titles of CONTRIBUTING.md in README's table of what to do."""
    text = text_of(document)
    found = re.findall(r"([\w/]+\.md)[\s,(]+\*([^*\n]+)\*", text)
    if document == "README.md":
        table = text.split("## Extend\n")[1].split("\n## ")[0]
        found += [("CONTRIBUTING.md", title) for title in re.findall(r"\*([^*\n]+)\*", table)]
    for file, title in found:
        assert re.search(rf"^#+ {re.escape(title)}$", text_of(file), re.MULTILINE), (file, title)


def test_each_phase_stands_in_the_table_of_phases() -> None:
    rows = re.findall(r"^\| ([\w, ]+) \|", text_of("CONTRIBUTING.md"), re.MULTILINE)
    named = {name for row in rows for name in row.split(", ")}
    packages = {path.parent.name for path in ROOT.glob("scripts/*/__init__.py")}
    assert packages - {"lib", "cli"} <= named


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("see scripts/lib/files.py, `tests/<phase>/` and data/recorded/measured/*", []),
        ("see scripts/lib/no_such.py", ["scripts/lib/no_such.py"]),
        ("`results/tables/corpus/nothing.parquet`", ["results/tables/corpus/nothing.parquet"]),
        ("by `scripts.lib.files.read_json`", []),
        ("by `scripts.lib.files.read_nothing`", ["scripts.lib.files.read_nothing"]),
        ("python -m scripts.ledger.scan --ledger a \\\n    --json", []),
        ("python -m scripts.ledger.scan --leger a", ["scripts.ledger.scan --leger"]),
        ("`make test` makes it", []),
        ("`make coffee`", ["make coffee"]),
        ("`SCHEMES` of `kernels/formats.py`", []),
        ("`SCHEMAS` of `kernels/formats.py`", ["SCHEMAS of kernels/formats.py"]),
    ],
)
def test_what_is_not_there_is_found(text: str, missing: list[str]) -> None:
    assert list(absent(text)) == missing
