"""From what the user types to a layer: names, degrees, budgets, and what is said of wrong ones."""

from __future__ import annotations

import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError, write_json
from scripts.lib.shape import BATCH_LADDER
from scripts.tune.layer import check_budget, resolve
from scripts.tune.models import find_model, plain_models

H200 = find_device("NVIDIA_H200")


@pytest.fixture
def models(tmp_path):
    out = tmp_path / "models.json"
    write_json(out, plain_models())
    return out


def test_both_tables_name_a_layer_alike(models):
    assert find_model("olmoe") == find_model("OLMoE", models)
    layer = find_model("mixtral-8X7b", models)
    assert layer.name == "Mixtral-8x7B"
    assert layer.shape(4, "bf16").id == "E8-N3584-K4096-top2-bf16"


def test_a_layer_by_model_and_by_shape_is_the_same():
    by_model = resolve("H200", "gpt-oss-20b", 2, "mxfp4_w4a16", None)
    assert by_model.shape.id == "E32-N1440-K2880-top4-mxfp4_w4a16"
    by_shape = resolve("nvidia h200", None, 1, "bf16", by_model.shape.id)
    assert by_shape.shape == by_model.shape and by_shape.device == by_model.device == "NVIDIA_H200"
    assert [cell.tokens for cell in by_shape.cells] == list(BATCH_LADDER)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("NVIDIA_H20O", "Mixtral-8x7B", 1, "bf16", None), "device 'NVIDIA_H20O'; nearest:"),
        (("H200", "Mixtrel-8x7B", 1, "bf16", None), "unknown model .*nearest: Mixtral-8x"),
        (("H200", "Mixtral-8x7B", 3, "bf16", None), "which it does not divide; use one of 1"),
        (("H200", "Mixtral-8x7B", 0, "bf16", None), "--tp 0"),
        (("H200", "Mixtral-8x7B", 1, "fp8", None), "number format 'fp8'; nearest: .*fp8_w8a8"),
        (("", "Mixtral-8x7B", 1, "bf16", None), "name the GPU: --device NAME"),
        (("H200", None, 1, "bf16", "E0-N3584-K4096-top0-bf16"), "must each be 1 or more"),
        (("H200", None, 1, "bf16", "E8-N3584-K0-top2-bf16"), "must each be 1 or more"),
        (("H200", None, 1, "bf16", None), "name the layer"),
        (("H200", "Mixtral-8x7B", 1, "bf16", "E8-N1-K1-top1-bf16"), "name the layer"),
        (("H200", None, 1, "bf16", "E8-N3584"), "not a shape id such as E8-N3584-K4096-top2-bf16"),
        (("H200", None, 1, "bf16", "E8-N3584-K4096-top2-bf15"), "'bf15'; nearest: bf16"),
        (("H200", None, 1, "bf16", "E8-N3584-K4096-top9-bf16"), "top_k is 9; choose 1 to 8"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_would_be_right(asked, words):
    with pytest.raises(InputError, match=words):
        resolve(*asked)


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
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    monkeypatch.setattr("scripts.tune.models.JSON", tmp_path / "none.json")
    with pytest.raises(InputError, match="or name the layer with --shape"):
        find_model("Mixtral-8x7B")
