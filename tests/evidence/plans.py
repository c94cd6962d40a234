"""A suite of three legs as a run takes it, and the conditions of a machine that is not there."""

from __future__ import annotations

from typing import Any

from scripts.evidence.run import Conditions

MODEL = {"architectures": ["MixtralForCausalLM"], "num_hidden_layers": 4}
LEGS = {"default": "1.06", "committed": "1.03", "ours": "1"}


def suite(questions: int = 100, boots: int = 2, **faults: str) -> dict[str, Any]:
    """Three legs of one model; ``faults``: leg -> question:fault."""
    return {
        "name": "moe-configs", "device": "NVIDIA_H200", "boots": boots, "repeats": 3,
        "profile": {"batch": 4, "input": 8, "steps": 8},
        "latency": {"batch": 4, "input": 8, "output": 8, "repeats": 2, "warmups": 0},
        "questions": questions, "question_seed": 7,
        "legs": [
            {"name": name,
             "engine": {"model": MODEL,
                        "environment": {"SPEED": speed, "FAULT": faults.get(name, "")}},
             "answering": {}}
            for name, speed in LEGS.items()
        ],
        "options": [{"name": "graphs", "source": "argument", "key": "enforce_eager",
                     "fact": "graph_mode", "means_off": ["NONE"]}],
    }  # fmt: skip


def conditions(**premises: str) -> Conditions:
    """Of one machine."""
    return Conditions(
        {"GPU": "NVIDIA H200", "driver": "580.95.05", "torch": "2.11.0", **premises},
        {"graphs": True},
        {"command": "python -m scripts.evidence.run", "commit": "0" * 40,
         "packages": {"torch": "2.11.0"}, "gpu_uuid": "GPU-1"},
        {},
    )  # fmt: skip
