"""Draw a model's weights by a seed, so that its outputs depend on every layer.

An engine's own random weights are a thousandth in size, its mxfp4 ones whatever lay in memory:
all logits are then the same. These keep activations near one. The head holds the embedding of the
token before, in cycles of ``CYCLE`` tokens, so that greedy decoding goes round and what proposes
tokens from the text has something to find; the rest of a logit comes out of the layers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from scripts.lib import command_line
from scripts.lib.files import InputError, read_json, replacing, write_json, write_text
from scripts.lib.log import run_main

WEIGHTS, DONE = "model.safetensors", "done"
CYCLE = 8  # tokens after which greedy decoding comes round
NEXT, NOISE = 8.0, 1.0  # logits: of the next token of the cycle; standard deviation of all
# Scales of mxfp4 blocks: powers of two, stored with 127 added. Codes at random have a root mean
# square of 2.9, so that weights come to 0.015 where 1/sqrt(2880) is 0.019.
SCALES = (118, 119, 120)
# Codes of int4 at random, -8 to 7, have a root mean square of 4.64.
INT4_SCALE = 1 / 4.64
EXAMPLE = "python -m scripts.matrix.checkpoint --config config.json --seed 20 --out /tmp/model"
Config = Mapping[str, Any]
Tensors = Iterator[tuple[str, torch.Tensor]]


class Draw:
    """Draws by one seed on one device, in the order in which they are asked for."""

    def __init__(self, seed: int, device: str) -> None:
        self._device = device
        self._generator = torch.Generator(device).manual_seed(seed)

    def normal(self, *shape: int, scale: float = 1.0) -> torch.Tensor:
        """bf16 of that standard deviation."""
        drawn = torch.randn(shape, generator=self._generator, device=self._device)
        return (drawn * scale).to(torch.bfloat16)

    def linear(self, out: int, into: int) -> torch.Tensor:
        """Weights [out, into] that keep the size of what they are given."""
        return self.normal(out, into, scale=into**-0.5)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        """uint8 from ``low`` to ``high`` - 1."""
        drawn = torch.randint(low, high, shape, generator=self._generator, device=self._device)
        return drawn.to(torch.uint8)

    def between(self, low: float, high: float, *shape: int) -> torch.Tensor:
        """bf16 evenly spread from ``low`` to ``high``."""
        drawn = torch.rand(shape, generator=self._generator, device=self._device)
        return (low + drawn * (high - low)).to(torch.bfloat16)

    def int4(self, out: int, into: int, group: int | None) -> dict[str, torch.Tensor]:
        """Packed weights [out, into / 8], scales [out, groups], the shape: see ``unpack``.

        ``group``: weights that share a scale; None: all of an output's.
        """
        groups = into // (group or into)
        return {
            "packed": self.integers(0, 256, out, into // 2).view(torch.int32),
            "scale": self.between(0.75, 1.25, out, groups) * (INT4_SCALE * into**-0.5),
            "shape": torch.tensor([out, into], device=self._device),
        }  # fmt: skip

    def ones(self, *shape: int) -> torch.Tensor:
        """bf16 ones."""
        return torch.ones(shape, dtype=torch.bfloat16, device=self._device)


def successor(vocabulary: int) -> torch.Tensor:
    """[vocabulary]: the token that follows each, in cycles of CYCLE."""
    tokens = torch.arange(vocabulary)
    start = tokens - tokens % CYCLE
    size = torch.clamp(vocabulary - start, max=CYCLE)
    return start + (tokens - start + 1) % size


def _ends(config: Config, draw: Draw) -> Tensors:
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    embedding = draw.normal(vocabulary, hidden)
    yield "model.embed_tokens.weight", embedding
    yield "model.norm.weight", draw.ones(hidden)
    head = draw.normal(vocabulary, hidden, scale=NOISE * hidden**-0.5)
    head[successor(vocabulary).to(head.device)] += embedding * (NEXT / hidden)
    yield "lm_head.weight", head


def _attention(config: Config, draw: Draw, name: str, bias: bool) -> Tensors:
    hidden, size = config["hidden_size"], config["head_dim"]
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    yield f"{name}.input_layernorm.weight", draw.ones(hidden)
    yield f"{name}.post_attention_layernorm.weight", draw.ones(hidden)
    for part, out, into in (
        ("q", heads * size, hidden), ("k", groups * size, hidden),
        ("v", groups * size, hidden), ("o", hidden, heads * size),
    ):  # fmt: skip
        yield f"{name}.self_attn.{part}_proj.weight", draw.linear(out, into)
        if bias:
            yield f"{name}.self_attn.{part}_proj.bias", draw.normal(out, scale=0.1)


def gpt_oss(config: Config, draw: Draw) -> Tensors:
    """As gpt-oss's checkpoints name their tensors; experts in mxfp4."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    experts, heads = config["num_local_experts"], config["num_attention_heads"]
    yield from _ends(config, draw)
    for number in range(config["num_hidden_layers"]):
        name = f"model.layers.{number}"
        yield from _attention(config, draw, name, bias=True)
        yield f"{name}.self_attn.sinks", draw.normal(heads)
        yield f"{name}.mlp.router.weight", draw.linear(experts, hidden)
        yield f"{name}.mlp.router.bias", draw.normal(experts, scale=0.1)
        for part, out, into in (("gate_up", 2 * inner, hidden), ("down", hidden, inner)):
            own = f"{name}.mlp.experts.{part}_proj"
            yield f"{own}_blocks", draw.integers(0, 256, experts, out, into // 32, 16)
            yield (
                f"{own}_scales",
                draw.integers(SCALES[0], SCALES[-1] + 1, experts, out, into // 32),
            )
            yield f"{own}_bias", draw.normal(experts, out, scale=0.1)


def qwen3_moe(config: Config, draw: Draw) -> Tensors:
    """As Qwen3-MoE's checkpoints name their tensors; bf16, or experts in int4 (``unpack``)."""
    hidden, inner = config["hidden_size"], config["moe_intermediate_size"]
    yield from _ends(config, draw)
    for number in range(config["num_hidden_layers"]):
        name = f"model.layers.{number}"
        yield from _attention(config, draw, name, bias=False)
        for part in ("q", "k"):
            yield f"{name}.self_attn.{part}_norm.weight", draw.ones(config["head_dim"])
        yield f"{name}.mlp.gate.weight", draw.linear(config["num_experts"], hidden)
        for expert in range(config["num_experts"]):
            own = f"{name}.mlp.experts.{expert}"
            for part, out, into in (("gate", inner, hidden), ("up", inner, hidden),
                                    ("down", hidden, inner)):  # fmt: skip
                if "quantization_config" not in config:
                    yield f"{own}.{part}_proj.weight", draw.linear(out, into)
                    continue
                for key, one in draw.int4(out, into, group_of(config)).items():
                    yield f"{own}.{part}_proj.weight_{key}", one


def group_of(config: Config) -> int | None:
    """Weights that share a scale in an int4 config; None: all of an output's."""
    (scheme,) = config["quantization_config"]["config_groups"].values()
    size: int | None = scheme["weights"].get("group_size")
    return size


def unpack(packed: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """float32 [out, in] of int32 [out, in / 8] and scales [out, groups], as compressed-tensors.

    The lowest four bits of a word come first; a code of c is c - 8.
    """
    places = torch.arange(0, 32, 4, device=packed.device)
    codes = (packed[..., None] >> places & 15).flatten(-2) - 8
    size = codes.shape[-1] // scale.shape[-1]
    return codes.float() * scale.float().repeat_interleave(size, dim=-1)


def eagle3(config: Config, draw: Draw) -> Tensors:
    """As EAGLE-3 heads of a Llama layer name theirs; the embedding and the head are the target's.

    The layer is given the token's embedding beside what the target's hidden states come to.
    """
    hidden, size, inner = config["hidden_size"], config["head_dim"], config["intermediate_size"]
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    taken = len(config["eagle_aux_hidden_state_layer_ids"])
    yield "fc.weight", draw.linear(hidden, taken * hidden)
    for part in ("hidden_norm", "input_layernorm", "post_attention_layernorm"):
        yield f"midlayer.{part}.weight", draw.ones(hidden)
    for part, out, into in (
        ("self_attn.q", heads * size, 2 * hidden), ("self_attn.k", groups * size, 2 * hidden),
        ("self_attn.v", groups * size, 2 * hidden), ("self_attn.o", hidden, heads * size),
        ("mlp.gate", inner, hidden), ("mlp.up", inner, hidden), ("mlp.down", hidden, inner),
    ):  # fmt: skip
        yield f"midlayer.{part}_proj.weight", draw.linear(out, into)
    yield "norm.weight", draw.ones(hidden)


KINDS = {"gpt_oss": gpt_oss, "qwen3_moe": qwen3_moe, "llama": eagle3}


def tensors(config: Config, seed: int, device: str) -> Tensors:
    """Name and tensor of all weights. InputError for an architecture that none are drawn for."""
    kind = str(config.get("model_type"))
    if kind not in KINDS or (kind == "llama" and "eagle_aux_hidden_state_layer_ids" not in config):
        known = f"{', '.join(KINDS)} alone, the last as a head of EAGLE-3"
        raise InputError(f"model_type {kind!r}: weights are drawn for {known}")
    return KINDS[kind](config, Draw(seed, device))


def write(folder: Path, config: Config, seed: int, device: str) -> None:
    """config.json, weights, and last a file that says that all are there."""
    from safetensors.torch import save_file  # noqa: PLC0415 - comes with the runtime

    write_json(folder / "config.json", dict(config))
    weights = {name: one.cpu() for name, one in tensors(config, seed, device)}
    with replacing(folder / WEIGHTS) as path:
        save_file(weights, path, metadata={"format": "pt"})
    write_text(folder / DONE, f"{seed}\n")


def main(argv: list[str] | None = None) -> int:
    """Read the config, draw, write."""
    parser = make_parser()
    arguments = parser.parse_args(argv)

    def body() -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        write(arguments.out, read_json(arguments.config), arguments.seed, device)

    return run_main(body)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--config", type=Path, required=True, help="the model's config.json")
    parser.add_argument("--seed", type=int, required=True, help="that the weights are drawn by")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
