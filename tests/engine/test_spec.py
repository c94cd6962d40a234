"""Specs of engines: JSON in and out, and bad ones are refused with field and fix."""

from __future__ import annotations

import pytest

from scripts.engine.architecture import QUANTIZATION, config_of, moe_layers
from scripts.engine.spec import EngineSpec, environment_of, read_spec, spec_of, write_spec
from scripts.lib.files import InputError
from scripts.lib.schemes import schemes

MODEL = {"architectures": ["MixtralForCausalLM"], "num_hidden_layers": 32}


def test_a_spec_is_the_same_after_json(tmp_path):
    spec = EngineSpec("a", MODEL, 3, {"quant_method": "fp8"}, graph_sizes=(1, 8), routing="uniform",
                      config_folder=str(tmp_path), environment={"A": "1"})  # fmt: skip
    write_spec(tmp_path / "spec.json", spec)
    assert read_spec(tmp_path / "spec.json") == spec
    found = spec.config()
    assert found["num_hidden_layers"] == 3
    assert found["quantization_config"] == {"quant_method": "fp8"}
    assert MODEL["num_hidden_layers"] == 32


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "a/b"}, "name: 'a/b'; letters"),
        ({"layres": 3}, "layres: no such field; known are"),
        ({"model": None}, "model, weights: give one of them"),
        ({"weights": "/nowhere"}, "model, weights: give one of them and not both"),
        ({"model": None, "weights": "/nowhere"}, "weights: '/nowhere'; a folder with config.json"),
        ({"model": {"hidden_size": 3}}, "model: no architectures"),
        ({"layers": 0}, "layers: 0; a whole number from 1"),
        ({"kv_cache_bytes": "2GiB"}, "kv_cache_bytes: '2GiB'; a whole number"),
        ({"graph_sizes": [0]}, r"graph_sizes: \(0,\); whole numbers from 1"),
        ({"routing": "zipf"}, "routing: 'zipf'; one of gate, uniform"),
        ({"config_folder": "/nowhere"}, "config_folder: '/nowhere'; a folder that is there"),
        ({"environment": {"A": 1}}, "environment: A=1; write its value as text"),
    ],
)
def test_a_bad_spec_is_refused_with_field_and_fix(change, said):
    with pytest.raises(InputError, match=f"spec: {said}"):
        spec_of({"name": "a", "model": MODEL, **change})


def test_a_spec_needs_a_name_and_an_object():
    with pytest.raises(InputError, match="name: is missing"):
        spec_of({"model": MODEL})
    with pytest.raises(InputError, match="not an object"):
        spec_of([])


def test_what_decides_the_kernels_is_not_taken_from_around(tmp_path):
    base = {"VLLM_TUNED_CONFIG_FOLDER": "/stale", "PATH": "/bin",
            "VLLM_MOE_ROUTING_SIMULATION_STRATEGY": "uniform_random"}  # fmt: skip
    found = environment_of(EngineSpec("a", MODEL), tmp_path, base)
    assert "VLLM_TUNED_CONFIG_FOLDER" not in found
    assert "VLLM_MOE_ROUTING_SIMULATION_STRATEGY" not in found
    assert found["PATH"] == "/bin"
    ours = EngineSpec("a", MODEL, config_folder=str(tmp_path))
    assert environment_of(ours, tmp_path, base)["VLLM_TUNED_CONFIG_FOLDER"] == str(tmp_path)


@pytest.mark.parametrize(
    ("model", "moe"), [("Qwen3-30B-A3B", 6), ("Mixtral-8x7B", 6), ("DeepSeek-V3", 5),
                       ("GLM-4.5-Air", 5), ("gpt-oss-20b", 6)],
)  # fmt: skip
def test_public_models_have_a_config_of_fewer_layers(model, moe):
    config = EngineSpec("a", config_of(model), layers=6).config()
    assert config["num_hidden_layers"] == 6
    assert moe_layers(config) == moe
    assert len(config.get("layer_types", range(6))) == 6


def test_sizes_are_the_table_s_or_those_that_are_asked_for():
    config = config_of("DeepSeek-V3")
    assert (config["n_routed_experts"], config["hidden_size"]) == (256, 7168)
    assert config["moe_intermediate_size"] == 2048
    assert config_of("DeepSeek-V3", intermediate=256)["moe_intermediate_size"] == 256
    with pytest.raises(InputError, match="Nobody-7B: not there; known are DeepSeek-V3"):
        config_of("Nobody-7B")
    with pytest.raises(InputError, match="heads: no size"):
        config_of("DeepSeek-V3", heads=3)


def test_formats_are_known_ones():
    assert set(QUANTIZATION) <= set(schemes())
