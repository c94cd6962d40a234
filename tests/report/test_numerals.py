"""Which numbers of a page somebody typed."""

from __future__ import annotations

import pytest

from scripts.report.numerals import printed, typed
from scripts.report.traced import mark

FIGURE = mark("81.5%", frozenset({"a/b"}))


def numbers(text: str, names: tuple[str, ...] = (), phrases: tuple[str, ...] = ()) -> list[str]:
    return [one.text for one in typed(text, names, phrases)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a factor of 80", ["80"]),
        ("80× as fast, 1,304 configs", ["80", "1,304"]),
        ("in 89s, 3GB, 2.5ms", ["89", "3", "2.5"]),
        ("on 28.1% (20.0–36.5)", ["28.1%", "20.0", "36.5"]),
        ("a factor-80 gain", ["-80"]),
        ("from -3 to 4", ["-3", "4"]),
        ("after three kills, Twelve runs", ["three", "Twelve"]),
        ("oneness of tendons, often", []),
        ("H100, sm_90, fp8_w8a8_b128x128, S1, M16-N32-K128", []),
        ("A100-SXM4-80GB and H20-3e", []),
        ("`--seconds 540` and [text](figures/9.png)", []),
        ("[89 s](x)", ["89"]),
        ("```sh\nrun 5\n```\nafter 6", ["6"]),
        ("<!-- 7 -->8<b title=9>", ["8"]),
        ("```\n1\n```\n2\n```\n3\n```", ["2"]),
    ],
)
def test_numbers_are_told_from_names_and_code(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected


def test_a_printed_figure_is_not_typed() -> None:
    text = f"one\n\nwins on {FIGURE} of 9\n"
    assert numbers(text) == ["9"]
    (figure,) = printed(text)
    assert (figure.line, figure.text, figure.places) == (3, "81.5%", {"a/b"})
    (number,) = typed(text, (), ())
    assert (number.line, number.context) == (3, "wins on 81.5% of 9")


def test_a_name_is_no_number() -> None:
    assert numbers("H100 80GB HBM3, 80 runs", ("H100 80GB HBM3",)) == ["80"]


def test_a_phrase_allows_its_own_numbers_only() -> None:
    phrases = ("within 10%", "K = 8")
    assert numbers("within\n10% on 10% at K = 8, K = 80", phrases=phrases) == ["10%", "80"]
    assert numbers("herewithin 10%, within 10%, within 110%", phrases=phrases) == ["10%", "110%"]
    assert numbers("2.5 GB", phrases=("5 GB",)) == ["2.5"]
    assert numbers("5 GB.", phrases=("5 GB",)) == []
