"""Values of the summary that know where they stand, and say so where they are written.

A traced number, or what is computed from it, marks the text that it is formatted to: with private
characters, invisible in length only to those who take them out (``unmarked``). So a page rendered
from a traced summary is the page itself plus, for each figure, the places that it comes from; a
number that somebody typed has no mark. Names (dict keys, strings) mark only what a template prints.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Callable, Iterable
from html import unescape
from types import ModuleType, SimpleNamespace
from typing import Any

_BEGIN, _TEXT, _END, _AND = "\ue000", "\ue001", "\ue002", "\ue003"
MARK = re.compile(f"{_BEGIN}([^{_TEXT}]*){_TEXT}([^{_END}]*){_END}")
Places = frozenset[str]


def places(value: Any) -> Places:
    """Where a value comes from: paths such as ``corpus/files``; none if it is not traced."""
    return getattr(value, "_places", frozenset())


def mark(text: str, where: Places) -> str:
    """The text with its places around it."""
    return f"{_BEGIN}{_AND.join(sorted(where))}{_TEXT}{text}{_END}"


def unmarked(text: str) -> str:
    """What a reader sees."""
    return MARK.sub(r"\2", text)


def marked_places(match: re.Match[str]) -> Places:
    """The places of one mark; HTML may have escaped them."""
    return frozenset(unescape(match[1]).split(_AND))


class _Number:
    """What both kinds of number share. Not a base of ``int``'s: it goes first in their order."""

    _places: Places

    def __format__(self, spec: str) -> str:
        return mark(format(_plain(self), spec), self._places)

    def __neg__(self) -> Any:
        return _number(-_plain(self), self._places)

    def __abs__(self) -> Any:
        return _number(abs(_plain(self)), self._places)


class TracedInt(_Number, int):
    """A whole number with its places."""


class TracedFloat(_Number, float):
    """A number with its places."""


class TracedStr(str):
    """A text with its places; one of digits, a version too, is a number where it is written."""

    _places: Places

    def __format__(self, spec: str) -> str:
        text = format(str(self), spec)
        return mark(text, self._places) if self.replace(".", "").isdecimal() else text


class TracedDict(dict[Any, Any]):
    """A mapping with its place; so are its keys and its values."""

    _places: Places


class TracedList(list[Any]):
    """A list with its place."""

    _places: Places


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, float) else int(value)


def _at(value: Any, at: Places) -> Any:
    value._places = at
    return value


def _number(value: Any, at: Places) -> Any:
    return _at(TracedFloat(value) if isinstance(value, float) else TracedInt(value), at)


def _binary(operate: Callable[[Any, Any], Any], swapped: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        left, right = (other, self) if swapped else (self, other)
        return _number(operate(_plain(left), _plain(right)), places(self) | places(other))

    return method


def _rounded(self: Any, digits: int | None = None) -> Any:
    return _number(round(_plain(self), digits), places(self))


for _kind in (TracedInt, TracedFloat):
    setattr(_kind, "__round__", _rounded)  # noqa: B010 - of two bases that disagree on its type
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    for _kind in (TracedInt, TracedFloat):
        setattr(_kind, f"__{_name}__", _binary(getattr(operator, _name), swapped=False))
        setattr(_kind, f"__r{_name}__", _binary(getattr(operator, _name), swapped=True))


def traced(value: Any, path: str = "") -> Any:
    """A copy of ``value`` that knows its place, all through.

    JSON values, modules (their constants in capitals) and dataclasses; anything else is left as it
    is, and so are None and truth values.
    """
    at = frozenset({path})
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, at)
    if isinstance(value, str):
        return _at(TracedStr(value), at)
    if isinstance(value, dict):
        below = {key: _join(path, key) for key in value}
        pairs = ((traced(key, below[key]), traced(part, below[key])) for key, part in value.items())
        return _at(TracedDict(pairs), at)
    if isinstance(value, list | tuple):
        parts = (traced(part, _join(path, number)) for number, part in enumerate(value))
        return _at(TracedList(parts), at)
    return _named(value, path)


def _named(value: Any, path: str) -> Any:
    if isinstance(value, ModuleType):
        fields = {name: part for name, part in vars(value).items() if name.isupper()}
    elif dataclasses.is_dataclass(value):
        fields = {part.name: getattr(value, part.name) for part in dataclasses.fields(value)}
    else:
        return value
    return SimpleNamespace(
        **{name: traced(part, _join(path, name)) for name, part in fields.items()}
    )


def _join(path: str, key: object) -> str:
    return f"{path}/{key}" if path else str(key)


def all_places(items: Iterable[Any]) -> Places:
    """Where a collection comes from, or else its items."""
    return places(items) or frozenset().union(*(places(item) for item in items))


def taken(found: Iterable[Any], whole: Iterable[Any]) -> TracedList:
    """What was taken out of a collection: where that stands, even if it is nothing."""
    kept: TracedList = _at(TracedList(found), all_places(whole))
    return kept


def count(items: Any) -> int:
    """How many there are, from where they are."""
    at = all_places(items)
    found: int = _number(len(items), at) if at else len(items)
    return found


def derived(value: Any, at: Places) -> Any:
    """A plain value that was read off others: it comes from where they do, if that is known."""
    if not at or value is None or isinstance(value, bool):
        return value
    return _at(traced(value), at)
