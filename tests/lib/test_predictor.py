"""What a model's file says of itself, and a file that is none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.lib.predictor import predictor_facts
from scripts.sim.simulator import load

MODEL = Path("data/recorded/measured/nvidia_h200-corpus/model.json")


def test_the_facts_are_those_of_the_file() -> None:
    facts, model = predictor_facts(MODEL), load(MODEL)
    assert facts["sha256"] == hashlib.sha256(MODEL.read_bytes()).hexdigest()
    assert facts["datasets"] == ["nvidia_h200-bf16", "nvidia_h200-formats"]
    assert [tuple(layer) for layer in facts["layers"]] == list(model.trained)
    assert facts["version"] == model.version


@pytest.mark.parametrize("text", ["[]", '{"version": "v1"}', '{"version": "v1", "evidence": 3}'])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(InputError, match="it is no model of graphx-sim"):
        predictor_facts(path)
