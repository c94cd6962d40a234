"""References are looked for in the source that is installed."""

from __future__ import annotations

from pathlib import Path

from scripts.matrix.reading import read_matrix
from scripts.matrix.switches import Reference
from scripts.matrix.upstream import check, references
from tests.matrix.test_switches import OURS


def test_where_a_snippet_is(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("if a and (\n        b):\n    pass\n")
    wanted = {
        "there": Reference("1", "c", "a.py", "if a and (b):"),
        "changed": Reference("1", "c", "a.py", "if a or (b):"),
        "gone": Reference("1", "c", "b.py", "if a and (b):"),
    }
    assert check(wanted, tmp_path) == {name: name for name in wanted}
    assert set(check(wanted, None).values()) == {"no_source"}


def test_what_is_not_supported_has_a_reference_or_needs_no_source() -> None:
    found = references(read_matrix(OURS))
    assert {"activation=marlin_fp8", "activation=marlin_int8", "expert-parallel-flag"} <= set(found)
    assert all(one.commit and one.snippet for one in found.values())
