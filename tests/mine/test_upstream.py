"""The pin of the upstream history."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.mine.upstream import read_upstream

ROOT = Path(__file__).parents[2]
GOOD = f"url: https://example.org/x\npath: a/b/\ncommit: '{'a' * 40}'\n"


def test_the_pin_of_this_repository() -> None:
    upstream = read_upstream(ROOT / "data" / "upstream.yaml")
    assert upstream.commit == "6adad08767583f52eb4d2122111af0bf638ed5e6"
    assert upstream.path.endswith("fused_moe/configs")


def test_a_trailing_slash_is_no_part_of_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(GOOD)
    assert read_upstream(path).path == "a/b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (": :", "not valid YAML"),
        ("[]", "exactly the fields url, path, commit"),
        ("", "exactly the fields"),
        (GOOD + "branch: main\n", "exactly the fields"),
        (GOOD.replace("a" * 40, "abc"), "not a full hash"),
        (GOOD.replace(f"'{'a' * 40}'", "1" * 40), "must be text"),
        (GOOD.replace("a/b/", "''"), "path is ''"),
    ],
)
def test_a_bad_pin_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_upstream(path)


def test_a_missing_pin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        read_upstream(tmp_path / "upstream.yaml")
