"""A small catalogue: a GPU without recordings, a layer that a runtime ships, both runtimes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.runtimes.default_config import default_config
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.schemas.catalogue import CATALOGUE, CATALOGUE_ROWS
from scripts.lib.shape import BATCH_LADDER, Shape
from scripts.lib.tables import Table

A100, H100 = "NVIDIA_A100-SXM4-80GB", "NVIDIA_H100_80GB_HBM3"
# (model, GPU, degree, its layer, status in vLLM; SGLang's is predicted)
ENTRIES = (
    ("GLM-4.5-Air", A100, 4, Shape(128, 352, 4096, 8, "bf16"), "predicted"),
    ("GLM-4.5-Air", A100, 8, Shape(128, 176, 4096, 8, "bf16"), "predicted"),
    ("Mixtral-8x7B", H100, 2, Shape(8, 7168, 4096, 2, "bf16"), "shipped"),
)


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """Both tables; every row holds vLLM's default."""
    entries, rows = [], []
    for model, device, degree, shape, vllm in ENTRIES:
        for runtime, status in (("sglang", "predicted"), ("vllm", vllm)):
            shipped = status == "shipped"
            entries.append(
                {
                    "model": model, "scheme": shape.scheme, "tensor_parallel": degree,
                    "expert_parallel": 1, "device": device, "runtime": runtime,
                    "shape_id": shape.id, "file": RUNTIMES[runtime].file_name(shape, device),
                    "status": status, "batches": len(BATCH_LADDER), "kept": 0 if shipped else 18,
                    "ratio": None if shipped else 0.9, "low": None if shipped else 0.8,
                    "high": None if shipped else 1.0,
                    "confidence": "" if shipped else "GPU out",
                }
            )  # fmt: skip
            own = {
                "device": device, "shape_id": shape.id, "runtime": runtime if shipped else "",
                "source": "prediction", "ratio": None, "low": None, "high": None,
            }  # fmt: skip
            rows += [
                own | {"tokens": tokens, "config_id": default_config(shape, tokens).id}
                for tokens in BATCH_LADDER
            ]
    frame = pd.DataFrame(rows, columns=CATALOGUE_ROWS.names)
    every = frame.drop_duplicates(["device", "shape_id", "runtime", "tokens"], ignore_index=True)
    return {
        "catalogue": (pd.DataFrame(entries, columns=CATALOGUE.names), CATALOGUE),
        "catalogue_rows": (every, CATALOGUE_ROWS),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one a file."""
    return sum(sum(found.values()) for found in summary["catalogue"]["files"].values())
