"""A run that does not say enough of itself is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.matrix.metadata import WANTED, check, gathered, lacking

WHOLE = dict.fromkeys(WANTED, "there")


@pytest.mark.parametrize("field", [key for key in WANTED if key != "environment"])
def test_each_field_is_asked_for(field: str) -> None:
    check(WHOLE)
    with pytest.raises(InputError, match=f"the run is refused, it lacks {field}"):
        check({**WHOLE, field: None})


def test_an_empty_environment_is_an_environment() -> None:
    assert lacking({**WHOLE, "environment": {}}) == []


def test_what_is_here_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHX_IMAGE", "image@sha256:1")
    monkeypatch.setenv("VLLM_X", "1")
    found = gathered(Path(__file__).parent, {"seed": 3})
    assert found["image"] == "image@sha256:1" and found["seed"] == 3
    assert found["environment"]["VLLM_X"] == "1"
    assert any(one.startswith("numpy==") for one in found["packages"])
