"""Teach a small mixture of experts arithmetic word problems, and store it as the engine loads it.

On a GPU this takes about a minute; on a CPU a smaller one (--hidden, --steps) shows that it learns.
What is taught and what is asked have seeds apart, and no question asked is among those taught. The
folder holds config.json and the weights as recorded: experts in MXFP4, the rest in bfloat16.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from scripts.evidence.model.checkpoint import store
from scripts.evidence.model.network import Network, Size
from scripts.evidence.model.questions import (
    LONGEST,
    PAD_ID,
    VOCABULARY,
    Question,
    drawn,
    encode,
    read_answer,
)
from scripts.lib.command_line import parser as command_parser
from scripts.lib.files import write_json
from scripts.lib.log import run_main

LOG = logging.getLogger("evidence.model.train")
EXAMPLE = "python -m scripts.evidence.model.train --seed 1 --seconds 60 --out build/model"
ASKED_SEED = 1_000_003  # of the questions; problems taught have the plan's
_EVEN = 0.01  # weight of the experts' unevenness in the loss
_WARM_UP, _LEAST_RATE = 0.04, 0.02  # share of the run; of the highest rate, at the end


@dataclass(frozen=True)
class Plan:
    """``seconds``: wall time of the steps, at most; the rate falls by whichever ends first."""

    seed: int = 1
    steps: int = 20_000
    seconds: float = 60.0
    batch: int = 512
    pool: int = 262_144
    rate: float = 2e-3


def pool(plan: Plan, asked: frozenset[tuple[str, ...]]) -> Tensor:
    """[problems, LONGEST] of tokens, PAD after the end; without the problems that are asked."""
    taught = (one for one in drawn(plan.seed, plan.pool) if one.prompt not in asked)
    rows = (encode((*one.prompt, *one.worked)) for one in taught)
    padded = [row + [PAD_ID] * (LONGEST - len(row)) for row in rows]
    return torch.from_numpy(np.array(padded, dtype=np.int64))


def batches(rows: Tensor, plan: Plan) -> Iterator[Tensor]:
    """Batches for ever, in a new order each time through."""
    draw = torch.Generator().manual_seed(plan.seed)
    while True:
        order = torch.randperm(len(rows), generator=draw)
        for part in order[: len(rows) // plan.batch * plan.batch].split(plan.batch):
            yield rows[part.to(rows.device)]


def loss_of(network: Network, tokens: Tensor, answer: int) -> Tensor:
    """Cross entropy of the worked answer's tokens (after the token ``answer``), and evenness."""
    logits, uneven = network(tokens[:, :-1])
    wanted = tokens[:, 1:]
    begun = (tokens[:, :-1] == answer).cumsum(1) > 0
    counted = begun & (wanted != PAD_ID)
    losses = functional.cross_entropy(
        logits.float().flatten(0, 1), wanted.flatten(), reduction="none"
    ).view_as(wanted)
    loss: Tensor = losses[counted].mean() + _EVEN * uneven
    return loss


def train(network: Network, rows: Tensor, plan: Plan) -> dict[str, float]:
    """Teach for the plan's steps or seconds; steps, seconds and the last loss."""
    decayed = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        lr=plan.rate, betas=(0.9, 0.98), fused=rows.is_cuda,
    )  # fmt: skip
    (answer,) = encode(["<answer>"])
    begun = said = time.monotonic()
    step, loss = 0, torch.tensor(float("nan"))
    for step, tokens in enumerate(batches(rows, plan)):
        spent = time.monotonic() - begun
        done = max(step / plan.steps, spent / plan.seconds)
        if done >= 1:
            break
        fall = _LEAST_RATE + (1 - _LEAST_RATE) * (1 - done)
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(fall, done / _WARM_UP + 1e-3)
        with torch.autocast(rows.device.type, torch.bfloat16, enabled=rows.is_cuda):
            loss = loss_of(network, tokens, answer)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if time.monotonic() - said > 5:
            said = time.monotonic()
            LOG.info("step %d, %.0f s: loss %.4f", step, spent, loss.item())
    return {
        "steps": step,
        "seconds": round(time.monotonic() - begun, 1),
        "loss": round(loss.item(), 5),
    }


@torch.no_grad()
def share_right(network: Network, asked: list[Question], device: torch.device) -> float:
    """Share of questions answered rightly, each token the likeliest; without a cache, so slow."""
    right = 0
    by_length: dict[int, list[Question]] = {}
    for one in asked:
        by_length.setdefault(len(one.prompt), []).append(one)
    for some in by_length.values():
        tokens = torch.tensor([encode(one.prompt) for one in some], device=device)
        start = tokens.shape[1]
        while tokens.shape[1] < LONGEST:
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                best = network(tokens)[0][:, -1].argmax(-1, keepdim=True)
            tokens = torch.cat((tokens, best), 1)
        for one, row in zip(some, tokens[:, start:].tolist(), strict=True):
            right += read_answer(row) == one.answer
    return right / len(asked)


def taught(size: Size, plan: Plan, questions: int, out: Path) -> dict[str, Any]:
    """Teach a network and store it in ``out``; steps, loss, and share of ``questions`` right."""
    torch.manual_seed(plan.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    asked = drawn(ASKED_SEED, questions)
    rows = pool(plan, frozenset(one.prompt for one in asked)).to(device)
    LOG.info("%d problems to teach, %d to ask, on %s", len(rows), len(asked), device)
    network = Network(size).to(device)
    told = train(network, rows, plan)
    store(network, out)  # an engine may be waiting for it
    told["right"] = share_right(network, asked, device)
    LOG.info("%s", json.dumps(told))
    return told


def main(argv: list[str] | None = None) -> int:
    """Read the plan, teach, store the model."""
    parser = command_parser(__doc__, EXAMPLE)
    for name, default in vars(Plan()).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    size = Size(len(VOCABULARY))
    for name in ("hidden", "intermediate", "layers", "experts", "top_k", "heads", "kv_heads"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(size, name))
    parser.add_argument("--questions", type=int, default=500, help="asked when it was taught")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    arguments = parser.parse_args(argv)

    def body() -> None:
        given = vars(arguments)
        plan = Plan(**{name: given[name] for name in vars(Plan())})
        sizes = {name: given[name] for name in vars(size) if name in given}
        made = Size(len(VOCABULARY), **sizes)
        told = taught(made, plan, arguments.questions, arguments.out)
        write_json(arguments.out / "training.json", {"plan": vars(plan), **told})

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
