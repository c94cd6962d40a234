"""``graphx stands``: a folder that holds no set, or half of one, is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.evidence.compare import main


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "holds no set of evidence (set.json); `graphx evidence` makes one"),
        ("{}", "set.json: lacks suite, premises, options, provenance"),
        ('{"suite": {}, "premises": {}, "options": {}, "provenance": []}', "lacks name, device"),
        ("[", "set.json: not valid JSON"),
    ],
)
def test_what_is_no_set_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / "set.json").write_text(text)
    assert main(["--first", str(tmp_path), "--second", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err
