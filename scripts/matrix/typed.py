"""Whether what stands in a file of switches is of the type that its field has."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin

_WORDS: dict[Any, str] = {
    str: "a text; in quotes where YAML reads it otherwise",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def wrong(value: Any, hint: Any) -> str | None:
    """What is wanted in the place of ``value``, or None if it is a ``hint``.

    ``hint``: an annotation of a field. What is itself made of fields is looked at when it is read.
    """
    if get_origin(hint) in (Union, types.UnionType):
        said = [wrong(value, one) for one in get_args(hint)]
        return None if None in said else said[0]
    if hint in _WORDS:
        return None if _is(value, hint) else f"{value!r}; {_WORDS[hint]}"
    if hint is type(None):
        return None if value is None else f"{value!r}; nothing"
    if get_origin(hint) is tuple:
        return _of_list(value, get_args(hint)[0])
    if get_origin(hint) is Mapping:
        return _of_mapping(value, get_args(hint)[1])
    return None


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)


def _of_list(value: Any, hint: Any) -> str | None:
    if not isinstance(value, list | tuple):
        return f"{value!r}; a list"
    return next((said for one in value if (said := wrong(one, hint)) is not None), None)


def _of_mapping(value: Any, hint: Any) -> str | None:
    if not isinstance(value, Mapping):
        return f"{value!r}; names with their values"
    for name, one in value.items():
        if not isinstance(name, str):
            return f"{name!r}: a name is a text; in quotes where YAML reads it otherwise"
        if (said := wrong(one, hint)) is not None:
            return f"{name}: {said}"
    return None
