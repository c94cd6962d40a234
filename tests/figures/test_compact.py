"""What is left out of a figure's files is not seen: same shapes, same styles, near colours."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from scripts.figures import compact, style

NUMBER = re.compile(r"-?\d+\.?\d*")
FACTOR = re.compile(r"(?:scale|rotate|matrix)\([^)]*\)")
Drawn = tuple[bytes, str]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """A line with a hundred points, a text, and a colour bar: more colours than a palette has."""
    figure, (left, right) = style.figure(1, 2)
    random = np.random.default_rng(3)
    left.plot(random.random(100), random.random(100), marker="o", color=style.PALETTE[0], label="g")
    left.legend(title="regret after 8 trials")
    figure.colorbar(right.pcolormesh(random.random((40, 40)), cmap="RdYlGn"))
    return _files(figure)


def _files(figure: Figure) -> Drawn:
    picture, drawing = io.BytesIO(), io.StringIO()
    figure.savefig(picture, format="png")
    figure.savefig(drawing, format="svg")
    return picture.getvalue(), drawing.getvalue()


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_a_picture_keeps_its_size_and_its_colours(drawn: Drawn) -> None:
    before, after = _pixels(drawn[0]), _pixels(compact.png(drawn[0]))
    assert len(np.unique(before.reshape(-1, 3), axis=0)) > 2 * compact.COLOURS
    assert len(np.unique(after.reshape(-1, 3), axis=0)) <= compact.COLOURS
    off = np.abs(before - after).max(axis=2)
    assert off.mean() < 0.5
    assert (off > 8).mean() < 0.01
    # What is drawn flat is drawn in exactly its colour.
    flat = np.array([int(style.PALETTE[0][i : i + 2], 16) for i in (1, 3, 5)])
    assert (off[(before == flat).all(axis=2)] <= 1).all()


def test_a_drawing_has_the_same_shapes_styles_and_texts(drawn: Drawn) -> None:
    short = compact.svg(drawn[1])
    assert len(short) < 0.75 * len(drawn[1])
    before, after = (list(_shapes(ET.fromstring(text))) for text in (drawn[1], short))
    assert len(before) == len(after) > 100
    for one, other in zip(before, after, strict=True):
        assert one[:3] == other[:3]  # its tag, its style, its factors
        assert len(one[3]) == len(other[3])
        np.testing.assert_allclose(one[3], other[3], atol=0.00501)
    assert re.findall(r"<!-- .* -->", short) == re.findall(r"<!-- .* -->", drawn[1])


def _shapes(root: ET.Element) -> Iterator[tuple[str, str, list[str], list[float]]]:
    """Each shape's tag, style (a class stands for what the sheet says), factors and lengths."""
    sheet = dict(re.findall(r"\.(\w+)\{(.*)\}", "".join(root.itertext())))
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag in {"path", "use", "rect", "image", "g"}:
            look = element.get("style") or sheet.get(element.get("class", ""), "")
            lengths = [element.get(key, "") for key in ("d", "transform", "x", "y", "width")]
            numbers = [float(found) for text in lengths for found in NUMBER.findall(text)]
            if tag != "g" or numbers:
                yield tag, look, FACTOR.findall(element.get("transform", "")), numbers


def test_every_use_finds_what_it_names(drawn: Drawn) -> None:
    short = compact.svg(drawn[1])
    ids = re.findall(r' id="([^"]*)"', short)
    assert len(ids) == len(set(ids))
    named = set(re.findall(r'(?:href="|url\()#([^")]*)', short))
    assert named
    assert named <= set(ids)
