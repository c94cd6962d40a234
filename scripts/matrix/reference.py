"""Logits of the drawn weights by another implementation, in float32: what level 2 is held against.

Transformers' own modules, mxfp4 taken apart by its published definition (codes of four bits, a
power of two for each thirty-two), int4 by compressed-tensors'. Transformers comes with the runtime.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from scripts.lib import command_line
from scripts.lib.files import InputError, read_json, write_json
from scripts.lib.log import run_main
from scripts.matrix.checkpoint import WEIGHTS, unpack
from scripts.matrix.levels.correctness import columns, packed

# The sixteen values of e2m1, by code: OCP Microscaling Formats 1.0.
CODES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
Weights = Mapping[str, torch.Tensor]
EXAMPLE = """
  python -m scripts.matrix.reference --weights /tmp/model --prompts prompts.json \\
      --columns 256 --out reference.json"""


def dequantised(blocks: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """float32 [..., out, in] of uint8 blocks [..., out, in / 32, 16], scales [..., out, in / 32].

    The lower four bits of a byte come first; a scale of s is 2^(s - 127).
    """
    table = torch.tensor([*CODES, *(-one for one in CODES)], device=blocks.device)
    values = torch.stack((table[(blocks & 15).long()], table[(blocks >> 4).long()]), dim=-1)
    scale = torch.exp2(scales.float() - 127.0)
    found = values.flatten(-2) * scale[..., None]
    return found.flatten(-2)


def states(weights: Weights, config: Mapping[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """The checkpoint's tensors by the names of transformers' module, one at a time."""
    for name, tensor in weights.items():
        stem, _, end = name.rpartition("_")
        if end == "blocks":
            pairs = zip(tensor, weights[f"{stem}_scales"], strict=True)
            yield stem, torch.stack([dequantised(*pair).T for pair in pairs])
        elif end == "bias" or (end != "scales" and ".experts." not in name):
            yield name, tensor
    if config["model_type"] == "qwen3_moe":
        yield from _stacked(weights, config)


def _stacked(weights: Weights, config: Mapping[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """Experts of a layer in one tensor: gate and up [E, 2N, K], down [E, K, N]."""
    for number in range(config["num_hidden_layers"]):
        stem = f"model.layers.{number}.mlp.experts"
        every = range(config["num_experts"])
        gate, up, down = (
            torch.stack([_matrix(weights, f"{stem}.{n}.{name}_proj.weight") for n in every])
            for name in ("gate", "up", "down")
        )
        yield f"{stem}.gate_up_proj", torch.cat((gate, up), dim=1)
        yield f"{stem}.down_proj", down


def _matrix(weights: Weights, name: str) -> torch.Tensor:
    packed = weights.get(f"{name}_packed")
    return weights[name] if packed is None else unpack(packed, weights[f"{name}_scale"])


@torch.no_grad()
def model_of(config: Mapping[str, Any], weights: Weights, device: str) -> Any:
    """Transformers' module in float32, every parameter from the checkpoint.

    InputError if the checkpoint lacks one.
    """
    from transformers import AutoConfig, AutoModelForCausalLM  # noqa: PLC0415 - the runtime's

    plain = {key: value for key, value in config.items() if key != "quantization_config"}
    made = AutoConfig.for_model(**plain)
    made._attn_implementation = "eager"
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(made, dtype=torch.float32)
    own = dict(model.named_parameters())
    for name, tensor in states(weights, config):
        own.pop(name).copy_(tensor)
    if own:
        raise InputError(f"weights: lack {', '.join(sorted(own))}; draw them again")
    return model.eval()


@torch.no_grad()
def logits(model: Any, prompts: list[list[int]], device: str) -> np.ndarray:
    """float32 [prompts, vocabulary] at the end of each prompt."""
    rows = [
        model(torch.tensor([prompt], device=device)).logits[0, -1].float().cpu().numpy()
        for prompt in prompts
    ]
    found: np.ndarray = np.stack(rows)
    return found


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--prompts", type=Path, required=True, help="token ids, lists as JSON")
    parser.add_argument("--columns", type=int, required=True, help="logits kept of a prompt")
    parser.add_argument("--out", type=Path, required=True, help="the packed logits, JSON")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read weights and prompts, run, write the kept logits."""
    arguments = make_parser().parse_args(argv)

    def body() -> None:
        from safetensors.torch import load_file  # noqa: PLC0415 - comes with the runtime

        device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.backends.cuda.matmul.allow_tf32 = False
        config = read_json(arguments.weights / "config.json")
        weights = load_file(arguments.weights / WEIGHTS, device=device)
        model = model_of(config, weights, device)
        prompts = json.loads(arguments.prompts.read_text())
        whole = logits(model, prompts, device)
        kept = whole[:, columns(whole.shape[1], arguments.columns)]
        write_json(arguments.out, {"logits": packed(kept)})

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
