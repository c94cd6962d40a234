"""The small world of the tuner's tests, and an invented band."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.openings import ALL, EXPECTED
from scripts.lib.shape import parse_shape
from scripts.lib.tables import write_table
from tests.transfer.study import filled
from tests.tune.conftest import world  # noqa: F401 - a fixture

LAYERS = {
    parse_shape("E8-N3584-K4096-top2-bf16"): "Mixtral",
    parse_shape("E8-N7168-K4096-top2-bf16"): "Mixtral",
    parse_shape("E128-N768-K2048-top8-bf16"): "Qwen3",
    parse_shape("E128-N384-K2048-top8-bf16"): "Qwen3",
    parse_shape("E64-N640-K3584-top8-bf16"): "Qwen2",
}
BAND = {"low": 0.8, "high": 1.1, "margin": 0.01, "level": 0.9, "covered": 0.86}


def expected_row(device: str, **more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "device": device, "of": "row", "formats": "bf16", "tokens": ALL, "teaching": "gpu_out",
        "n": 114, "families": 8, "judged": 110, "covered_families": 0.89, "kept": 0.3,
        "ratio": 0.93, "worse": 0.06, "worst": 1.1, **BAND,
    }  # fmt: skip
    return row | more


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    path = tmp_path / "expected.parquet"
    rows = [
        expected_row(device, of=of, formats=formats, low=low)
        for device, of, formats, low in (
            (ALL, "row", "bf16", 0.8), (ALL, "row", ALL, 0.4), (ALL, "file", ALL, 0.5),
            (ALL, "shipped row", "bf16", 0.7), (ALL, "shipped row", ALL, 0.3),
            ("X", "row", "bf16", 0.7), ("X", "row", ALL, 0.3), ("X", "file", ALL, 0.6),
        )
    ]  # fmt: skip
    write_table(path, pd.DataFrame(rows, columns=EXPECTED.names), EXPECTED)
    return path


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layers that committed files are for, as the corpus would have them."""
    path = tmp_path_factory.mktemp("corpus") / "shapes.parquet"
    rows = [
        {"scheme": shape.scheme, "E": shape.experts, "N": shape.intermediate, "K": shape.hidden,
         "top_k": shape.top_k, "shape_id": shape.id, "model": f"{family}-1"}
        for shape, family in LAYERS.items()
    ]  # fmt: skip
    write_table(path, filled(SHAPES, rows), SHAPES)
    return path
