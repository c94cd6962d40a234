"""The small model: what it is asked, how its numbers are stored, and that it can be taught."""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kernels.formats import SCHEMES, Matrix
from kernels.quantise import dequantise, quantise_weights
from scripts.evidence.model import questions, train
from scripts.evidence.model.checkpoint import WEIGHTS, coarse, from_bytes, tensors, written
from scripts.evidence.model.form import Form
from scripts.evidence.model.network import Network, Size, to_mxfp4
from scripts.evidence.model.questions import LARGEST, LONGEST, drawn, encode, read_answer
from scripts.lib.files import InputError

SMALL = Size(len(questions.VOCABULARY), hidden=32, intermediate=32, layers=1, experts=4)


def worked_out(words: tuple[str, ...]) -> int:
    """The steps of an answer done again, number by number, from its text."""
    steps = " ".join(words).removesuffix(" <end>").split(" ; ")
    value = None
    for step in steps[:-1]:
        left, result = step.split(" = ")
        sign = next(s for s in "+-*" if s in left)
        a, b = (int(number.replace(" ", "")[::-1]) for number in left.split(f" {sign} "))
        assert value in (None, a)
        value = {"+": a + b, "-": a - b, "*": a * b}[sign]
        assert value == int(result.replace(" ", "")[::-1])
    assert value == int(steps[-1].replace(" ", "")[::-1])
    return value


@given(st.integers(0, 10**6))
def test_a_question_is_answered_by_its_own_steps(seed):
    for one in drawn(seed, 5):
        assert worked_out(one.worked) == one.answer == read_answer(encode(one.worked))
        assert 0 <= one.answer <= LARGEST
        assert len(one.prompt) + len(one.worked) <= LONGEST


def test_more_questions_of_a_seed_begin_with_the_same():
    assert drawn(3, 20)[:5] == drawn(3, 5)
    assert drawn(3, 5) != drawn(4, 5)


@pytest.mark.parametrize("words", [["7", "4"], ["=", "<end>"], []])
def test_an_answer_that_does_not_end_or_has_no_number_is_none(words):
    assert read_answer(encode(words)) is None


def test_training_rounds_as_the_stored_format_does():
    x = torch.randn(3, 8, 96) * torch.exp(3 * torch.randn(3, 8, 1))
    x[0, 0, :32] = 0
    form = SCHEMES["mxfp4_w4a16"]
    stored = dequantise(quantise_weights(x, form), form, "b", 96)
    assert torch.equal(to_mxfp4(x).double(), stored)


def test_the_gradient_passes_the_rounding():
    x = torch.randn(2, 32, requires_grad=True)
    to_mxfp4(x).sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))


def test_both_forms_of_the_checkpoint_hold_the_same_numbers(recorded_model, tmp_path):
    packed = written(recorded_model, tmp_path / "packed", Form(packed=True))
    plain = written(recorded_model, tmp_path / "plain", Form())
    a = from_bytes((packed / WEIGHTS).read_bytes(), packed)
    b = from_bytes((plain / WEIGHTS).read_bytes(), plain)
    stem = "model.layers.0.mlp.experts"
    codes = a[f"{stem}.gate_up_proj_blocks"].flatten(2).numpy()
    low, high = codes & 15, codes >> 4
    magnitudes = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    table = np.concatenate((magnitudes, -magnitudes))
    numbers = table[np.stack((low, high), -1).reshape(*codes.shape[:2], -1)]
    scale = 2.0 ** (a[f"{stem}.gate_up_proj_scales"].numpy().astype(float) - 127)
    numbers *= np.repeat(scale, 32, axis=-1)
    spelt = b[f"{stem}.routed_experts.gate_up_proj"].double().numpy()
    assert np.array_equal(numbers.transpose(0, 2, 1), spelt)
    for name, value in a.items():
        if ".experts." not in name:
            assert torch.equal(value, b[name]), name
    config = json.loads((packed / "config.json").read_text())
    assert config["quantization_config"] == {"quant_method": "mxfp4"}
    assert "quantization_config" not in json.loads((plain / "config.json").read_text())


def test_the_file_is_as_the_public_format_describes(recorded_model, tmp_path):
    data = (written(recorded_model, tmp_path, Form(packed=True)) / WEIGHTS).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert length % 8 == 0
    ends = sorted(one["data_offsets"] for one in header.values())
    assert ends[0][0] == 0 and ends[-1][1] == len(data) - 8 - length
    assert all(a[1] == b[0] for a, b in pairwise(ends))
    for one in header.values():
        width = {"BF16": 2, "U8": 1}[one["dtype"]]
        size = one["data_offsets"][1] - one["data_offsets"][0]
        assert size == width * int(np.prod(one["shape"]))


def test_a_damaged_record_is_an_error_that_names_it(recorded_model, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors.xz").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"model\.safetensors\.xz: cannot be read"):
        written(tmp_path, tmp_path / "out", Form())
    with pytest.raises(InputError, match="no safetensors file"):
        from_bytes(b"123", tmp_path / "file")


def loaded(folder: Path, data: bytes) -> Network:
    """A network with the numbers of a checkpoint whose experts are packed."""
    described, stored = json.loads((folder / "config.json").read_text()), from_bytes(data, folder)
    network = Network(Size(
        described["vocab_size"], described["hidden_size"], described["intermediate_size"],
        described["num_hidden_layers"], heads=described["num_attention_heads"],
        kv_heads=described["num_key_value_heads"], head_width=described["head_dim"],
    ))  # fmt: skip
    state = {}
    for name, value in stored.items():
        short = name.removeprefix("model.").replace(".experts.", ".")
        if name.endswith("_blocks"):
            packed = Matrix(value.flatten(2), stored[name.replace("_blocks", "_scales")])
            columns = value.shape[2] * 32
            plain = dequantise(packed, SCHEMES["mxfp4_w4a16"], "b", columns)
            state[short.replace("_proj_blocks", "")] = plain.float()
        elif not name.endswith("_scales"):
            state[short.replace("_proj_bias", "_bias") if ".experts." in name else short] = (
                value.float()
            )
    network.load_state_dict(state)
    return network


def test_among_zeros_the_model_says_the_same(recorded_model, tmp_path):
    tokens = torch.randint(0, SMALL.vocabulary, (2, 20))
    found = []
    for form in (Form(packed=True), Form(packed=True, wide=True)):
        folder = written(recorded_model, tmp_path / form.name, form)
        with torch.no_grad():
            found.append(loaded(folder, (folder / WEIGHTS).read_bytes())(tokens)[0])
    described = json.loads((tmp_path / "packed-wide/config.json").read_text())
    assert (described["hidden_size"], described["intermediate_size"]) == (128, 128)
    assert torch.allclose(found[0], found[1], atol=2e-3)
    assert found[0].abs().max() > 0.5


def test_coarse_numbers_are_the_nearest_with_so_few_bits():
    x = torch.tensor([1.0, 1.03, -1.04, 0.1, 3.1e-5, 0.0])
    found = coarse(x, 4).double()
    steps = torch.exp2(torch.floor(torch.log2(x.double().abs().clamp_min(1e-30)))) / 16
    assert ((found - x.double()).abs() <= steps / 2 + 1e-9).all()


def test_every_token_is_judged_by_itself_alone():
    """Causal, and experts left out weigh nothing: later tokens change no earlier logits."""
    torch.manual_seed(0)
    network = Network(SMALL)
    tokens = torch.randint(0, SMALL.vocabulary, (2, 12))
    other = tokens.clone()
    other[:, 8:] = 0
    a, b = network(tokens)[0], network(other)[0]
    assert torch.allclose(a[:, :8], b[:, :8], atol=1e-5)
    assert not torch.allclose(a[:, 8:], b[:, 8:], atol=1e-3)


def test_teaching_lowers_the_loss_and_leaves_out_what_is_asked(tmp_path):
    torch.set_num_threads(1)  # others use the cores too, and so small a model gains nothing
    plan = train.Plan(seed=1, steps=25, seconds=60.0, batch=16, pool=200, rate=1e-2)
    asked = drawn(plan.seed, 2)
    rows = train.pool(plan, frozenset(one.prompt for one in asked))
    assert len(rows) <= plan.pool - 2
    torch.manual_seed(0)
    network = Network(SMALL)
    with torch.no_grad():
        before = float(train.loss_of(network, rows[:64], encode(["<answer>"])[0]))
    told = train.train(network, rows, plan)
    assert told["steps"] == 25
    assert told["loss"] < 0.75 * before
    assert 0.0 <= train.share_right(network, asked, torch.device("cpu")) <= 1.0
    assert set(tensors(network)) >= {"lm_head.weight", "model.norm.weight"}
