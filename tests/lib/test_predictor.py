"""What a model's file says of itself, and a file that is none."""

from __future__ import annotations

import hashlib
import lzma
from pathlib import Path

import pytest

from scripts.lib.files import InputError, content
from scripts.lib.predictor import MODEL_NAMES, predictor_facts
from scripts.sim.simulator import load
from scripts.sim.stamped import read_recorded

FOLDER = Path("data/recorded/measured/nvidia_h200-corpus")
MODEL = next(path for name in MODEL_NAMES if (path := FOLDER / name).exists())


def test_the_facts_are_those_of_the_file() -> None:
    facts, model = predictor_facts(MODEL), load(MODEL)
    assert facts["sha256"] == hashlib.sha256(content(MODEL)).hexdigest()
    assert facts["datasets"] == ["nvidia_h200-bf16", "nvidia_h200-formats"]
    assert [tuple(layer) for layer in facts["layers"]] == list(model.trained)
    assert facts["version"] == model.version


def test_a_packed_model_says_what_the_same_one_says_unpacked(tmp_path: Path) -> None:
    plain, packed = (tmp_path / name for name in sorted(MODEL_NAMES))
    plain.write_bytes(content(MODEL))
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    assert predictor_facts(packed) == predictor_facts(plain)
    assert read_recorded(packed).hash == read_recorded(plain).hash
    packed.write_bytes(packed.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"model.json.xz: not a whole xz file"):
        load(packed)


@pytest.mark.parametrize("text", ["[]", '{"version": "v1"}', '{"version": "v1", "evidence": 3}'])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(InputError, match="it is no model of graphx-sim"):
        predictor_facts(path)
