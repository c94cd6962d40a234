"""From what the user types to a layer: names, degrees, budgets, and what is said of wrong ones."""

from __future__ import annotations

import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError, write_json
from scripts.lib.shape import BATCH_LADDER
from scripts.tune.layer import Asked, check_budget, resolve, unread
from scripts.tune.model_config import scheme_of
from scripts.tune.models import find_model, plain_models

H200 = find_device("NVIDIA_H200")


@pytest.fixture
def models(tmp_path):
    out = tmp_path / "models.json"
    write_json(out, plain_models())
    return out


def asked(device="H200", model=None, tp=1, scheme=None, shape=None, **more):
    return Asked(device, model, shape=shape, tensor_parallel=tp, scheme=scheme, **more)


def test_both_tables_name_a_layer_alike(models):
    assert find_model("olmoe") == find_model("OLMoE", None, models)
    layer, scheme = find_model("mixtral-8X7b", None, models)
    assert (layer.name, scheme) == ("Mixtral-8x7B", None)
    assert layer.shape(4, "bf16").id == "E8-N3584-K4096-top2-bf16"


def test_a_layer_by_model_and_by_shape_is_the_same():
    by_model = resolve(asked(model="gpt-oss-20b", tp=2, scheme="mxfp4_w4a16"))
    assert by_model.shape.id == "E32-N1440-K2880-top4-mxfp4_w4a16"
    by_shape = resolve(asked("nvidia h200", shape=by_model.shape.id))
    assert by_shape.shape == by_model.shape and by_shape.device == by_model.device == "NVIDIA_H200"
    assert [cell.tokens for cell in by_shape.cells] == list(BATCH_LADDER)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("Qwen/Qwen3-30B-A3B", "E128-N768-K2048-top8-bf16"),
        ("qwen/qwen3-30b-a3b-fp8", "E128-N768-K2048-top8-fp8_w8a8_b128x128"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", "E128-N768-K2048-top8-bf16"),
        ("someone/Qwen3-30B-A3B-Instruct-2507-AWQ", "E128-N768-K2048-top8-int4_w4a16_zp"),
        ("RedHatAI/Mixtral-8x7B-Instruct-v0.1-FP8-dynamic", None),
        ("RedHatAI/Qwen3-30B-A3B-FP8-dynamic", "E128-N768-K2048-top8-fp8_w8a8_channel"),
        ("deepseek-ai/DeepSeek-V3.2", "E256-N2048-K7168-top8-fp8_w8a8_b128x128"),
        ("openai/gpt-oss-120b", "E128-N2880-K2880-top4-mxfp4_w4a16"),
        ("MiniMaxAI/MiniMax-M3", "E128-N3072-K6144-top4-bf16"),
        ("moonshotai/Kimi-K2-Thinking", "E384-N2048-K7168-top8-int4_w4a16_g32"),
        ("GLM-4.6", "E160-N1536-K5120-top8-bf16"),
        ("qwen3-30b-a3b-fp8", "E128-N768-K2048-top8-fp8_w8a8_b128x128"),
    ],
)
def test_ids_of_the_hub_name_layers_and_formats(model, shape):
    if shape is None:
        with pytest.raises(InputError, match="unknown model"):
            resolve(asked(model=model))
        return
    assert resolve(asked(model=model)).shape.id == shape


def test_a_named_scheme_counts_more_than_what_an_id_implies():
    found = resolve(asked(model="Qwen/Qwen3-30B-A3B-FP8", scheme="fp8_w8a8"))
    assert found.shape.scheme == "fp8_w8a8"


def test_expert_parallelism_divides_the_experts():
    alone = resolve(asked(model="Qwen3-235B-A22B", expert_parallel=8))
    assert alone.shape.id == "E16-N1536-K4096-top8-bf16" and not alone.notes
    found = resolve(asked(model="Qwen3-235B-A22B", tp=2, expert_parallel=8))
    assert found.shape.id == "E16-N768-K4096-top8-bf16"
    (note,) = found.notes
    assert "layer of 16 GPUs" in note and "say --ep 8 alone" in note


def test_shared_experts_are_offered_and_fused():
    plain = resolve(asked(model="DeepSeek-V3", tp=8))
    assert plain.shape.experts == 256
    assert plain.notes[0].startswith("sglang fuses shared experts and looks up E=257 with top 9")
    fused = resolve(asked(model="DeepSeek-V3", tp=8, fuse_shared=True))
    assert (fused.shape.experts, fused.shape.top_k, fused.notes) == (257, 9, ())


def test_shared_experts_that_no_runtime_fuses_are_not_offered():
    assert resolve(asked(model="DeepSeek-V2", tp=8)).notes == ()


def test_own_batch_sizes_join_the_ladder():
    found = resolve(asked(model="Mixtral-8x7B", tp=4, batches=(8192, 64)))
    assert [cell.tokens for cell in found.cells] == [*BATCH_LADDER, 8192]


def test_formats_that_no_runtime_reads_a_file_for_are_named():
    found = resolve(asked(model="openai/gpt-oss-20b", tp=2))
    assert "no runtime reads a config file for mxfp4_w4a16" in unread(found.shape)[0]
    assert unread(resolve(asked(model="Mixtral-8x7B", tp=4)).shape) == ()


def test_a_models_own_config(tmp_path):
    path = tmp_path / "config.json"
    text = {"hidden_size": 4096, "num_experts": 60, "moe_intermediate_size": 1536}
    fp8 = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    write_json(path, {"text_config": text | {"num_experts_per_tok": 6}, "quantization_config": fp8})
    found = resolve(asked(config=path, tp=4))
    assert found.shape.id == "E60-N384-K4096-top6-fp8_w8a8_b128x128"


@pytest.mark.parametrize(
    ("quantised", "scheme"),
    [
        (None, "bf16"),
        ({"quant_method": "fp8"}, "fp8_w8a8"),
        ({"quant_method": "mxfp4"}, "mxfp4_w4a16"),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, "int4_w4a16_zp"),
        ({"quant_method": "gptq", "bits": 4, "group_size": 32}, "int4_w4a16_g32"),
        ({"quant_method": "gptq", "bits": 8}, "int8_w8a16"),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {
                "type": "float", "num_bits": 8, "strategy": "channel"}}}},
            "fp8_w8a8_channel",
        ),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"group_0": {
                "weights": {"type": "int", "num_bits": 8, "strategy": "channel"},
                "input_activations": {"num_bits": 8}}}},
            "int8_w8a8",
        ),
    ],
)  # fmt: skip
def test_formats_of_a_quantisation_config(quantised, scheme, tmp_path):
    assert scheme_of(tmp_path, quantised or {}) == scheme


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "not a JSON object"),
        ({"hidden_size": 8}, "has none of num_local_experts.*not the config.json of a mixture"),
        ({"num_experts": "8"}, "num_experts is '8', not a size"),
    ],
)
def test_a_config_that_is_none_is_refused_by_field(body, words, tmp_path):
    write_json(tmp_path / "config.json", body)
    with pytest.raises(InputError, match=words):
        resolve(asked(config=tmp_path / "config.json"))


def test_an_unknown_quantisation_asks_for_the_scheme(tmp_path):
    sizes = {"num_experts": 8, "hidden_size": 64, "intermediate_size": 64, "num_experts_per_tok": 2}
    write_json(tmp_path / "c.json", sizes | {"quantization_config": {"quant_method": "modelopt"}})
    with pytest.raises(InputError, match=r"\(modelopt\) is none that is known.*--scheme"):
        resolve(asked(config=tmp_path / "c.json"))
    assert resolve(asked(config=tmp_path / "c.json", scheme="bf16")).shape.experts == 8


BLOCKS = "fp8_w8a8_b128x128"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"device": "NVIDIA_H20O", "model": "Mixtral-8x7B"}, "device 'NVIDIA_H20O'; nearest:"),
        ({"model": "Mixtrel-8x7B"}, "unknown model .*nearest: .*ixtral-8x"),
        ({"model": "Mixtral-8x7B", "tp": 3}, "which it does not divide; use one of 1"),
        ({"model": "Mixtral-8x7B", "tp": 0}, "--tp 0"),
        ({"model": "Mixtral-8x7B", "expert_parallel": 3}, "--ep 3.*use one of 1, 2, 4, 8"),
        ({"model": "Mixtral-8x7B", "scheme": "fp8"}, "format 'fp8'; nearest: .*fp8_w8a8"),
        ({"model": "Mixtral-8x7B", "fuse_shared": True}, "has no shared expert"),
        ({"model": "Mixtral-8x7B", "batches": (0,)}, "--batches 0"),
        ({"model": "Mixtral-8x7B", "batches": (10**20,)}, "--batches 1000.* tokens at most"),
        ({"shape": "E8-N99999999999-K4096-top2-bf16"}, "not a shape id such as"),
        ({"model": "nobody/Mixtral-8x7B-FP8"}, "per tensor, per channel or in blocks"),
        ({"model": "nvidia/DeepSeek-V3-NVFP4"}, "nvfp4; there is nothing to tune"),
        ({"device": "", "model": "Mixtral-8x7B"}, "name the GPU: --device NAME"),
        ({"shape": "E0-N3584-K4096-top0-bf16"}, "must each be 1 or more"),
        ({"shape": "E8-N3584-K0-top2-bf16"}, "must each be 1 or more"),
        ({}, "name the layer"),
        ({"model": "Mixtral-8x7B", "shape": "E8-N1-K1-top1-bf16"}, "name the layer"),
        ({"shape": "E8-N3584"}, "not a shape id such as E8-N3584-K4096-top2-bf16"),
        ({"shape": "E8-N3584-K4096-top2-bf15"}, "'bf15'; nearest: bf16"),
        ({"shape": "E8-N3584-K4096-top9-bf16"}, "top_k is 9; choose 1 to 8"),
        ({"shape": "E8-N3584-K4096-top2-bf16", "tp": 2}, "layer of one rank.*leave out --tp"),
        ({"model": "Qwen3-235B-A22B", "tp": 8, "scheme": BLOCKS},
         "N = 192 is no multiple of the scale block 128.*use --tp 1 or 2 or 3 or 4 or 6 or 12"),
        ({"shape": f"E8-N320-K4096-top2-{BLOCKS}"}, "N = 320.*refuse to load"),
        ({"shape": f"E8-N256-K4000-top2-{BLOCKS}"}, "K = 4000.*refuse to load"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_would_be_right(wrong, words):
    with pytest.raises(InputError, match=words):
        resolve(asked(**wrong))


def test_budgets_that_fit():
    check_budget(1, 1304, H200, "bf16")
    check_budget(1304, 1304, H200, "bf16")


@pytest.mark.parametrize(
    ("budget", "configs", "words"),
    [
        (0, 1304, "at least one trial"),
        (-3, 1304, "at least one trial"),
        (1305, 1304, "NVIDIA_H200 has 1304 legal configs in bf16; choose 1 to 1304"),
        (1, 0, "the legal space is empty"),
    ],
)
def test_budgets_that_do_not(budget, configs, words):
    with pytest.raises(InputError, match=words):
        check_budget(budget, configs, H200, "bf16")


def test_without_a_yaml_parser_it_says_what_to_do(monkeypatch, tmp_path):
    plain_models.cache_clear()  # another test may have read the table
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    monkeypatch.setattr("scripts.tune.models.JSON", tmp_path / "none.json")
    with pytest.raises(InputError, match="or name the layer with --shape"):
        find_model("Mixtral-8x7B")
