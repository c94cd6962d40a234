"""A finished ledger as columns: a third of the size, and every byte of it can be had again.

An archive is an xz stream of text. Lines with the same keys are a shape; of each block of lines
there is a header (JSON), then a seal a line, then each shape's columns, a JSON text a line. The
hashes of the chain are not kept, since they follow from the bodies. What a seal keeps of a line
is the beginning of its hash and of the hash of its body alone, by which a line that was edited is
told from one that was deleted, added or moved (once in 65,536 times the line after it is named
instead); every 64th keeps the whole hash, from where checking goes on.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from scripts.lib.files import InputError, replacing
from scripts.lib.links import EDITED, GENESIS, LOOSE, NO_LINE, Body, Line, canonical, digest

SUFFIX = ".columns.xz"
FORMAT = '{"format":"graphx ledger columns","version":1}'
BLOCK_LINES = 65_536
# A whole hash a line would be two thirds of the archive; a damaged line costs the links of so many.
WHOLE_EVERY = 64
KEPT = 4  # hex digits of each hash in a seal


class Row(NamedTuple):
    """A line of an archive: its keys, the JSON text of each value, and its seal."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    seal: str

    @property
    def text(self) -> str:
        """The body in canonical JSON."""
        return _template(self.keys) % self.values


def _template(keys: Iterable[str]) -> str:
    return "{" + ",".join(f"{canonical(key).replace('%', '%%')}:%s" for key in keys) + "}"


def seal(line_hash: str, text: str, *, whole: bool) -> str:
    """What an archive keeps of a line's hashes; ``whole``: all of the line's own."""
    return (line_hash if whole else line_hash[:KEPT]) + _body_mark(text.encode())


def _body_mark(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:KEPT]


def rows_of(lines: Iterable[Line], source: Path) -> Iterator[Row]:
    """The rows of a sound chain; InputError names a line that is not in canonical JSON."""
    previous = GENESIS
    for line in lines:
        text = canonical(line.body)
        if digest(previous, text.encode()) != line.hash:
            raise InputError(
                f"{source}:{line.number}: body: not in canonical JSON; keep it as .jsonl.xz"
            )
        previous = line.hash
        values = tuple(canonical(value) for value in line.body.values())
        yield Row(tuple(line.body), values, seal(line.hash, text, whole=_whole(line.number)))


def _whole(number: int) -> bool:
    return number % WHOLE_EVERY == 0


def write_columns(path: Path, rows: Iterable[Row], block_lines: int = BLOCK_LINES) -> None:
    """Write an archive whole or not at all; same rows, same bytes."""
    rows = iter(rows)
    with (
        replacing(path) as temporary,
        lzma.open(temporary, "wb", preset=9 | lzma.PRESET_EXTREME) as handle,
    ):
        handle.write(f"{FORMAT}\n".encode())
        while block := list(islice(rows, block_lines)):
            handle.write("\n".join(_block_text(block)).encode() + b"\n")


def _block_text(rows: Sequence[Row]) -> Iterator[str]:
    shapes = {keys: n for n, keys in enumerate(dict.fromkeys(row.keys for row in rows))}
    order = [[shapes[keys], len(list(run))] for keys, run in groupby(row.keys for row in rows)]
    yield canonical({"lines": len(rows), "order": order, "shapes": list(shapes)})
    for row in rows:
        yield row.seal
    for keys in shapes:
        for column in zip(*(row.values for row in rows if row.keys == keys), strict=True):
            yield from column


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of an archive, unchecked; InputError if it is not one."""
    for block in _blocks(path):
        for shape in block.in_order([list(zip(*c, strict=True)) for c in block.columns]):
            keys, values, row_seal = shape
            yield Row(tuple(keys), values or (), row_seal)


class _Block(NamedTuple):
    """A block as read: shapes, runs of (shape, lines), seals, and by shape its columns."""

    shapes: list[list[str]]
    order: list[list[int]]
    seals: list[str]
    columns: list[list[list[str]]]

    def counts(self) -> list[int]:
        """Lines of each shape."""
        found = [0] * len(self.shapes)
        for shape, lines in self.order:
            found[shape] += lines
        return found

    def in_order(self, *by_shape: list[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
        """Keys, one item of each of ``by_shape`` and the seal, line by line."""
        counts = self.counts()
        # A shape without keys has no column.
        parts = [
            [iter(items[n] or [None] * counts[n]) for items in by_shape] for n in range(len(counts))
        ]
        seals = iter(self.seals)
        for shape, lines in self.order:
            keys = self.shapes[shape]
            for _ in range(lines):
                yield (keys, *(next(part) for part in parts[shape]), next(seals))


def _blocks(path: Path) -> Iterator[_Block]:
    with lzma.open(path, "rb") as handle:
        # At once: a compressed file takes its time over each line that it is asked for.
        text = handle.read()
    try:
        lines = iter(text.decode().removesuffix("\n").split("\n"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a readable ledger ({error})") from error
    if next(lines) != FORMAT:
        raise InputError(f"{path}: no archive of a ledger, or of another version")
    for header in lines:
        try:
            yield _block(json.loads(header), lines)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise InputError(f"{path}: not a readable ledger ({error})") from error


def _block(header: dict[str, Any], lines: Iterator[str]) -> _Block:
    block = _Block(header["shapes"], header["order"], list(islice(lines, header["lines"])), [])
    counts = block.counts()
    if sum(counts) != len(block.seals) or min(counts) < 0:
        raise ValueError("a block says how many lines it has and has others")
    for keys, count in zip(block.shapes, counts, strict=True):
        block.columns.append([list(islice(lines, count)) for _ in keys])
        if any(len(column) != count for column in block.columns[-1]):
            raise ValueError("a column ends early")
    return block


def check_columns(path: Path) -> Iterator[Line]:
    """As scripts.lib.chain.check_chain, of an archive."""
    chain = _Links()
    for block in _blocks(path):
        texts: list[Sequence[Any]] = []
        bodies: list[Sequence[Any]] = []
        for keys, columns in zip(block.shapes, block.columns, strict=True):
            template = _template(keys)
            texts.append([template % values for values in zip(*columns, strict=True)])
            parsed = zip(*(_parsed(column) for column in columns), strict=True)
            bodies.append([dict(zip(keys, values, strict=True)) for values in parsed])
        rows = [
            (
                (text or "{}").encode(),
                body if body is not None else {},
                row_seal,
            )
            for _, text, body, row_seal in block.in_order(texts, bodies)
        ]
        yield from chain.check(rows)


_UNREADABLE = object()


def _parsed(column: list[str]) -> list[Any]:
    """The values of a column; a text that is no JSON gives ``_UNREADABLE``."""
    try:
        if column and column[0][:1] not in "[{" and len(once := set(column)) * 2 < len(column):
            # Equal texts of plain values share one object, which nobody can change.
            known = {text: json.loads(text) for text in once}
            return [known[text] for text in column]
        found: list[Any] = json.loads(f"[{','.join(column)}]")
        if len(found) == len(column):
            return found
    except ValueError:
        pass
    return [_one(text) for text in column]


def _one(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return _UNREADABLE


class _Links:
    """Follows the chain; ``_last`` is None where the hash of the line before cannot be known."""

    def __init__(self) -> None:
        self._number = 0
        self._last: str | None = GENESIS

    def check(self, rows: Sequence[tuple[bytes, Body, str]]) -> Iterator[Line]:
        """The lines of a block: body's text, body and seal of each."""
        for n, (text, body, row_seal) in enumerate(rows):
            self._number += 1
            kept, mark = row_seal[:-KEPT], row_seal[-KEPT:]
            before, problem = self._last or "", None
            own = digest(before, text) if before else ""
            if _UNREADABLE in body.values():
                self._last = kept if len(kept) == len(GENESIS) else None
                yield Line(self._number, {}, "", NO_LINE)
                continue
            if not own.startswith(kept) if before else _body_mark(text) != mark:
                problem = EDITED if _body_mark(text) != mark else LOOSE
                own = ""
            if problem is LOOSE and n + 1 < len(rows) and self._follows(rows[n + 1]):
                # The next line follows the one before: this one was added, and the chain goes on.
                yield Line(self._number, body, kept.ljust(len(GENESIS), "?"), LOOSE, "?")
                continue
            if not own and len(kept) == len(GENESIS):
                own = kept
            self._last = own or None
            yield Line(self._number, body, own or kept.ljust(len(GENESIS), "?"), problem, before)

    def _follows(self, row: tuple[bytes, Body, str]) -> bool:
        text, _, row_seal = row
        return bool(self._last) and digest(self._last or "", text).startswith(row_seal[:-KEPT])
