"""Which model a shape belongs to: the order of preference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.corpus.fit import DEGREES, GRACE_MONTHS, fits
from scripts.corpus.models import Model

NOW = 12 * 2025 + 6


def model(name: str, experts: int, intermediate: int, released: str = "2025-01") -> Model:
    return Model(name, experts, 4096, intermediate, 8, released, "card", "as remembered")


def names(*models: Model, experts: int = 16, intermediate: int = 512) -> list[str]:
    return [fit.text for fit in fits(models, experts, intermediate, NOW)]


def test_tensor_parallelism_divides_the_intermediate_size() -> None:
    assert names(model("a", 16, 2048)) == ["a/tp4"]
    assert names(model("a", 16, 1536)) == []


def test_expert_parallelism_divides_the_experts() -> None:
    assert names(model("a", 64, 512)) == ["a/ep4"]
    assert names(model("a", 64, 1024)) == []


def test_a_whole_layer_fits_once() -> None:
    assert names(model("a", 16, 512)) == ["a/tp1"]


def test_preferences_in_order() -> None:
    models = [
        model("ep", 32, 512),
        model("tp8", 16, 4096, "2025-06"),
        model("tp4 old b", 16, 2048),
        model("tp4 old a", 16, 2048),
        model("tp4 new", 16, 2048, "2025-06"),
    ]
    expected = ["tp4 new/tp4", "tp4 old a/tp4", "tp4 old b/tp4", "tp8/tp8", "ep/ep2"]
    assert names(*models) == names(*models[::-1]) == expected


@pytest.mark.parametrize(("month", "fitting"), [("09", True), ("10", False)])
def test_a_later_model_is_an_anachronism(month: str, fitting: bool) -> None:
    assert GRACE_MONTHS == 3
    assert bool(names(model("a", 16, 512, f"2025-{month}"))) is fitting


@given(st.integers(1, 512), st.integers(1, 512), st.sampled_from(DEGREES), st.booleans())
def test_every_split_of_a_model_is_found(E: int, N: int, degree: int, by_experts: bool) -> None:
    whole = (E * degree, N) if by_experts else (E, N * degree)
    (found,) = fits([model("a", *whole)], E, N, NOW)
    assert found.degree == degree
    assert found.split == ("ep" if by_experts and degree > 1 else "tp")
