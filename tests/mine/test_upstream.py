"""The pins of the upstream histories."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.mine.upstream import Releases, Upstream, read_pins

ROOT = Path(__file__).parents[2]
GOOD = f"url: https://example.org/x\npath: a/b/\ncommit: '{'a' * 40}'\n"
WHEELS = "package: tool\npath: [old/c, new/c]\nreleases: ['1.0', 1.0.post1]\n"


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def test_the_pins_of_this_repository() -> None:
    pins = read_pins(ROOT / "data" / "upstream.yaml")
    vllm, sglang = pins["vllm"], pins["sglang"]
    assert isinstance(vllm, Upstream) and isinstance(sglang, Releases)
    assert vllm.commit == "6adad08767583f52eb4d2122111af0bf638ed5e6"
    assert vllm.paths[0].endswith("fused_moe/configs")
    assert sglang.versions[-1] == "0.5.23" and len(sglang.paths) == 2


def test_a_trailing_slash_is_no_part_of_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(GOOD)
    assert read_pins(path) == {None: Upstream("https://example.org/x", ("a/b",), "a" * 40)}


def test_a_pin_for_each_runtime(tmp_path: Path) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(f"vllm:\n{indented(GOOD)}sglang:\n{indented(WHEELS)}")
    pins = read_pins(path)
    assert list(pins) == ["vllm", "sglang"]
    assert pins["sglang"] == Releases("tool", ("old/c", "new/c"), ("1.0", "1.0.post1"))


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
        (GOOD.replace("a/b/", "[a, 5]"), "path is 5"),
        (f"sglang:\n{indented(GOOD)}  more: 1\n", "sglang: must hold exactly"),
        (f"other:\n{indented(GOOD)}", "must hold exactly"),
        (WHEELS.replace("['1.0', 1.0.post1]", "[]"), "releases must be a list"),
        (WHEELS.replace("'1.0'", "1.0"), "releases is 1.0"),
        (WHEELS.replace("'1.0'", "'--x'"), "'--x' is not a version"),
        (WHEELS.replace("'1.0'", "1.0.post1"), "listed twice: 1.0.post1"),
        (WHEELS.replace("tool", "'-x'"), "not a package's name"),
    ],
)
def test_a_bad_pin_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_pins(path)


def test_a_missing_pin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        read_pins(tmp_path / "upstream.yaml")
