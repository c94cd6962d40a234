"""What the page holds folded up: long tables and figures, deflated, until somebody looks at them.

The rows of a table come to some two hundred thousand elements, which a browser takes seconds to lay
out. The first rows stay as they are, so that a page without scripts, or a printed one, shows what a
table looks like; ``report.js`` unfolds the rest with the browser's own DecompressionStream.
"""

from __future__ import annotations

import base64
import re
import zlib

SHOWN = 10  # rows of a table that stay as they are
_BODY = re.compile(r"<tbody>\n?(.*?)</tbody>(.*?</div>)", re.DOTALL)
_FIGURE = re.compile(r'<img src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"')
_PACK = re.compile(r'<script type="text/plain" id="(pack\d+)">([^<]*)</script>\n')
_ROW = "</tr>\n"


def packed(page: str) -> str:
    """The page with the rows of its long tables, and its figures, folded up."""
    count = 0

    def name() -> str:
        nonlocal count
        count += 1
        return f"pack{count}"

    def fold(match: re.Match[str]) -> str:
        rows = match[1].split(_ROW)
        if len(rows) - 1 <= SHOWN:
            return match[0]
        own = name()
        first = _ROW.join(rows[:SHOWN]) + _ROW
        return (
            f'<tbody data-pack="{own}" data-rows="{len(rows) - 1}">\n{first}</tbody>{match[2]}'
            f"\n{island(own, match[1].encode())}"
        )

    def figure(match: re.Match[str]) -> str:
        own = name()
        return f'{island(own, base64.b64decode(match[1]))}<img data-pack="{own}"'

    return _FIGURE.sub(figure, _BODY.sub(fold, page))


def unpacked(page: str) -> str:
    """The page with everything in its place again."""
    held = {own: _content(text) for own, text in _PACK.findall(page)}

    def body(match: re.Match[str]) -> str:
        return f"<tbody>\n{held[match[1]].decode()}</tbody>"

    def figure(match: re.Match[str]) -> str:
        data = base64.b64encode(held[match[1]]).decode("ascii")
        return f'<img src="data:image/svg+xml;base64,{data}"'

    page = re.sub(r"\n?" + _PACK.pattern, "", page)
    page = re.sub(r'<tbody data-pack="(\w+)"[^>]*>.*?</tbody>', body, page, flags=re.DOTALL)
    return re.sub(r'<img data-pack="(\w+)"', figure, page)


def island(name: str, content: bytes) -> str:
    """What the page's script unfolds by its name."""
    data = base64.b64encode(zlib.compress(content, 9)).decode("ascii")
    return f'<script type="text/plain" id="{name}">{data}</script>\n'


def _content(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
