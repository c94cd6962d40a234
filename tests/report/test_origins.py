"""Every figure of the summary has a table, and every table the command that its rule runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from scripts.report.origins import ORIGINS, Origin, origins

EVERY = sorted({one for found in ORIGINS.values() for one in found}, key=lambda one: one.file)


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, f"{path}/{key}".lstrip("/"))
    else:
        yield path


def makers() -> dict[str, str]:
    """Table -> the command of the rule whose output it is."""
    found = {}
    for path in Path("rules").rglob("*.smk"):
        for rule in re.split(r"^rule ", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            if script := re.search(r'script="(scripts/[\w/]+)\.py"', rule):
                output = rule.partition("output:")[2].partition("log:")[0]
                command = f"python -m {script[1].replace('/', '.')}"
                found |= dict.fromkeys(re.findall(r'"(results/tables/[^"]+)"', output), command)
    return found


def test_every_value_of_the_summary_has_an_origin() -> None:
    # Claims and readings are made of the other sections' figures, see scripts.report.trace.
    summary = json.loads(Path("results/summary.json").read_text())
    facts = {key: part for key, part in summary.items() if key not in ("claims", "readings")}
    assert [path for path in leaves(facts) if not origins(path)] == []


@pytest.mark.parametrize(
    "one", [one for one in EVERY if one.command], ids=lambda one: one.file.replace("/", ".")
)
def test_a_command_is_there_and_makes_its_table(one: Origin) -> None:
    assert one.command is not None
    first, *rest = one.command.split()
    if first == "make":
        assert re.search(rf"^{rest[0]}:", Path("Makefile").read_text(), re.MULTILINE)
        return
    assert find_spec(rest[1]) is not None
    if one.file.startswith("results/tables/") and not one.file.endswith("/"):
        assert makers()[one.file] == one.command


def test_files_in_git_are_there() -> None:
    lost = [one.file for one in EVERY if one.command is None and not Path(one.file).exists()]
    assert lost == []


def test_the_longest_pattern_holds() -> None:
    (files,), (pairs,) = origins("corpus/files"), origins("corpus/pairs/A->B/triples")
    assert files.name == "data/recorded/history.parquet"
    assert pairs.name == "gaps.parquet"
    assert origins("measured/A/quality/best/ratio/mean")[0].name == "quality.parquet"
    assert origins("measured/A/cells")[0].name == "recorded.parquet"
    assert origins("corpusfiles") == origins("") == origins("unheard/of") == ()
