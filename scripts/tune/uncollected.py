"""Imported by the server before all that is large: no garbage is looked for among what stays.

Importing torch makes a million objects, and collections walk them again and again: a sixth of the
time that it takes. Who works in a process of the server switches them on again, for what is new.
"""

from __future__ import annotations

import gc

gc.disable()


def collect_what_is_new() -> None:
    """Collections from here on, of objects that are made from here on."""
    gc.freeze()
    gc.enable()
