"""Figures in fewer bytes that look the same: a palette for the PNG, short numbers in the SVG.

Both are in git and both in every clone; as matplotlib writes them they weigh twice as much.
"""

from __future__ import annotations

import io
import re
from collections import Counter

from PIL import Image

# As many as a byte a pixel can tell apart. The shared look has some ten colours and their blends
# with white; a colour bar has a few hundred, which are rounded by less than an eye sees.
COLOURS = 256
# Median cut alone can be off by 80 of 255 in a rare colour; three rounds of k-means halve that.
ROUNDS = 3

# Lengths in points: a hundredth is a seven-thousandth of an inch. Factors stay as they are.
_LENGTHS = re.compile(r'( (?:d|x|y|width|height)="|translate\()([^")]*)')
_LONG = re.compile(r"-?\d*\.\d{3,}")
# A group that says nothing of its own, around shapes alone; after it is gone, the one around it.
_GROUP = re.compile(r"<g>\n((?:<(?:use|path|rect|image) [^>]*/>\n|<!--[^>]*-->\n)*)</g>\n")
_NESTED = 4
_GLYPH = "DejaVuSans-"  # begins the name of every letter, which stands at each use of it
_STYLE = re.compile(r' style="([^"]*)"')
# Matplotlib's names of markers and clip paths: hashes of their place, in which the last bit of the
# layout's solver is, and that bit is not the same in every process.
_HASHED = re.compile(r"\b[mp][0-9a-f]{10}\b")


def png(drawn: bytes) -> bytes:
    """The same picture as ``drawn``, an opaque PNG, with at most ``COLOURS`` colours."""
    picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    reduced = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, ROUNDS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    reduced.save(out, "PNG")
    return out.getvalue()


def svg(drawn: str) -> str:
    """The same drawing as matplotlib's ``drawn``: coordinates to 0.01 points, each style once."""
    drawn = re.sub(r">\n\s*<", ">\n<", _LENGTHS.sub(_shorter, drawn))
    drawn = re.sub(r'<g id="[^"]*"', "<g", drawn)  # names of groups, which nothing refers to
    for _ in range(_NESTED):
        drawn = _GROUP.sub(r"\1", drawn)
    return _styles_once(_named_in_order(drawn.replace(_GLYPH, "g")))


def _named_in_order(drawn: str) -> str:
    """Names that were hashes, by the order in which they stand."""
    names: dict[str, str] = {}
    return _HASHED.sub(lambda one: names.setdefault(one[0], f"n{len(names)}"), drawn)


def _shorter(attribute: re.Match[str]) -> str:
    begin, value = attribute.groups()
    value = _LONG.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
    if begin == ' d="':  # letters divide numbers as well as spaces do
        value = re.sub(r"\s*([A-Za-z])\s*", r"\1", value).strip()
    return begin + value


def _styles_once(drawn: str) -> str:
    """Styles that stand more than once become classes of the style sheet that is there."""
    found = Counter(_STYLE.findall(drawn))
    classes = {
        style: f"s{place}" for place, (style, times) in enumerate(found.most_common()) if times > 1
    }
    drawn = _STYLE.sub(
        lambda one: f' class="{classes[one[1]]}"' if one[1] in classes else one[0], drawn
    )
    sheet = "".join(f".{name}{{{style}}}\n" for style, name in classes.items())
    return drawn.replace("</style>", f"\n{sheet}</style>", 1)
