"""The table of models."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from scripts.corpus.models import read_models
from scripts.lib.files import InputError

TABLE = Path(__file__).parents[2] / "data" / "models.yaml"
MODEL = {
    "name": "a",
    "experts": 8,
    "hidden": 64,
    "intermediate": 128,
    "top_k": 2,
    "released": "2024-01",
    "source": "card",
    "checked": "as remembered",
}
GOOD = {"default": {"hidden": 64, "top_k": 2}, "models": [MODEL]}


def test_the_table_of_this_repository() -> None:
    models = read_models(TABLE).models
    sizes = {m.name: (m.experts, m.hidden, m.intermediate, m.top_k) for m in models}
    assert sizes["Mixtral-8x7B"] == (8, 4096, 14336, 2)
    assert sizes["Qwen3-30B-A3B"] == (128, 2048, 768, 8)
    assert all(model.top_k <= model.experts for model in models)
    assert [model.name.lower() for model in models] == sorted(m.name.lower() for m in models)
    assert all(model.source.endswith("config.json") and model.checked for model in models)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "must be a mapping with default, models"),
        ({"models": []}, r"missing fields \['default'\]"),
        (GOOD | {"more": 1}, r"unknown fields \['more'\]"),
        (GOOD | {"models": {}}, "models is {}"),
        (GOOD | {"default": {"hidden": 64, "top_k": 0}}, "default: top_k is 0"),
        (GOOD | {"models": [3]}, "model 1: must be a mapping"),
        (GOOD | {"models": [MODEL, MODEL]}, "listed twice: a"),
        (GOOD | {"models": [MODEL | {"experts": True}]}, "model 1: experts is True"),
        (GOOD | {"models": [MODEL | {"hidden": "64"}]}, "model 1: hidden is '64'"),
        (GOOD | {"models": [MODEL | {"released": "2024"}]}, "write it as YYYY-MM"),
        (GOOD | {"models": [MODEL | {"released": "2024-13"}]}, "write it as YYYY-MM"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, content: object, message: str) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=message):
        read_models(path)


def test_no_table_and_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    with pytest.raises(InputError, match="not found"):
        read_models(path)
    path.write_text("a: [")
    with pytest.raises(InputError, match="not valid YAML"):
        read_models(path)
