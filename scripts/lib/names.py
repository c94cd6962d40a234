"""Errors for names that are not known, with the nearest ones that are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from scripts.lib.files import InputError


def unknown_name(what: str, name: str, known: Iterable[str]) -> InputError:
    """The error for ``name``, a ``what`` that is none of ``known``; it offers the nearest."""
    names = sorted(known)
    offer = nearest(name, names) or f"known: {', '.join(names) or 'none'}"
    return InputError(f"unknown {what} {name!r}; {offer}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The names of ``known`` that ``name`` may have been meant to be, in words; empty if none."""
    near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.4)
    return f"nearest: {', '.join(near)}" if near else ""
