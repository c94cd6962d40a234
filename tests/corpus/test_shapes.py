"""Shapes joined to models."""

from __future__ import annotations

from dataclasses import replace

from scripts.corpus.models import Default, Model, Models
from scripts.corpus.shapes import make_shapes
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.tables import to_arrow
from tests.corpus.conftest import history, row

MIXTRAL = Model("Mixtral", 8, 4096, 14336, 2, "2023-12", "card", "as remembered")
LATER = Model("Later", 8, 6144, 14336, 4, "2025-05", "card", "as remembered")
MODELS = Models(Default(2048, 6), (MIXTRAL, LATER))


def test_a_shape_takes_the_sizes_of_its_model() -> None:
    rows = [row("A", 1, first_day=9), row("A", 2, first_day=9), row("B", 1, first_day=4)]
    (shape,) = make_shapes(history(*rows), MODELS).to_dict("records")
    assert (shape["K"], shape["top_k"], shape["shape_id"]) == (4096, 2, "E8-N3584-K4096-top2-bf16")
    assert (shape["model"], shape["split"], shape["degree"]) == ("Mixtral", "tp", 4)
    assert (shape["assumed"], shape["alternatives"]) == (False, "")
    assert (shape["files"], shape["rows"]) == (2, 3)
    assert str(shape["first_seen"]) == "2025-01-04 00:00:00+00:00"


def test_the_other_models_are_named() -> None:
    early = Models(MODELS.default, (MIXTRAL, replace(LATER, name="Early", released="2024-02")))
    (shape,) = make_shapes(history(row("A", 1)), early).to_dict("records")
    assert (shape["model"], shape["alternatives"]) == ("Early", "Mixtral/tp4")


def test_no_model_means_the_default_and_a_mark() -> None:
    shapes = make_shapes(history(row("A", 1, N=77), row("A", 1)), MODELS)
    assert shapes["assumed"].tolist() == [True, False]
    assert shapes[["K", "top_k"]].to_numpy().tolist() == [[2048, 6], [4096, 2]]
    assert to_arrow(shapes, SHAPES)["degree"].to_pylist() == [None, 4]


def test_each_scheme_and_backend_is_a_shape() -> None:
    fp8 = {"dtype": "fp8_w8a8", "scheme": "fp8_w8a8"}
    rows = [row("A", 1), row("A", 1, **fp8), row("A", 1, **fp8, backend="x"), row("A", None, None)]
    shapes = make_shapes(history(*rows), MODELS)
    assert shapes[["scheme", "backend"]].to_numpy().tolist() == [
        ["bf16", ""],
        ["fp8_w8a8", ""],
        ["fp8_w8a8", "x"],
    ]
