"""An operator in plain torch on the CPU, and a backend for it: what vLLM is on the GPU machine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from kernels import reference
from kernels.formats import SCHEMES
from scripts.measure.backend.interpreter import WallTimer
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.runtime.backend import Inside, refusal
from scripts.runtime.op import OpLayer
from scripts.runtime.tasks import OpWorker

CONDITIONS = Conditions("uniform", "cold", "op", "interpreter", run_time=())
# As few samples as there can be: what is tried here is not the timing.
QUICK = Protocol(
    batch=2, cap=2, slow_samples=1, anchor_samples=1, finals_seconds=0.0, least_rounds=6, rounds=6
)


class EagerOp:
    """Computes a layer as the reference does; ``faults``: what happens instead, by config entry's
    BLOCK_SIZE_N."""  # noqa: D205,D209

    def __init__(self, faults: dict[int, Any] | None = None) -> None:
        self.faults = faults or {}
        self.calls: list[int] = []

    def layer(self, weights, form):
        return OpLayer(weights.gate_up.values, weights.down.values, (weights, form))

    def refuse(self, entry):
        """Raise what is planted for a config, if it is an exception."""
        fault = self.faults.get(entry["BLOCK_SIZE_N"])
        if isinstance(fault, Exception):
            raise fault

    def resources(self):
        return {"registers": None, "spills": None}

    def compile(self, x, layer, draw, entry):
        self.refuse(entry)

    def __call__(self, x, layer, draw, entry):
        weights, form = layer.quant
        size = entry["BLOCK_SIZE_N"]
        self.calls.append(size)
        self.refuse(entry)
        fault = self.faults.get(size)
        depth, inner = x.shape[1], weights.down.values.shape[2] * (2 if form.b_bits == 4 else 1)
        out = reference.moe_layer(
            x,
            reference.Dequantised(weights.gate_up, form, depth),
            reference.Dequantised(weights.down, form, inner),
            torch.ones_like(draw.weight) if fault == "no weights" else draw.weight,
            draw.expert_of,
            rounding=reference.rounding_of(form.name, form.compute),
        ).to(form.compute)
        if fault == "unwritten":
            out[-1] = torch.nan
        return out


class EagerBackend:
    """The CPU that this process runs on."""

    device, fnuz = "cpu", False

    def refuses(self, shape):
        return refusal(shape)

    def draws(self, tokens):
        return 2

    def load(self, entry, shape):
        return Inside()

    def timer(self, run, passes):
        return WallTimer(run, passes)

    def synchronise(self):
        pass

    def release(self):
        pass

    def is_out_of_memory(self, error):
        return isinstance(error, MemoryError)


def make_worker(faults: dict[int, Any] | None = None) -> Callable[..., OpWorker]:
    """A worker factory as scripts.runtime.worker.make_op_worker."""
    return functools.partial(_make, faults)


def _make(faults, protocol, conditions, gpu):
    torch.set_num_threads(1)
    return OpWorker(protocol, conditions, EagerBackend(), EagerOp(faults))


def shapes(*schemes: str) -> list[str]:
    """Ids of a small layer in each scheme; all that the operator takes by default."""
    return [f"E4-N128-K256-top2-{name}" for name in schemes or SCHEMES]
