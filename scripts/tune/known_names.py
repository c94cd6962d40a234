"""Names that a user types, answered before anything is imported that takes seconds to load."""

from __future__ import annotations

from scripts.lib.device import find_device
from scripts.lib.names import unknown_name
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.tune.models import find_model


def schemes() -> list[str]:
    """Number formats by the runtimes' rules, which are those of the kernels: a test compares."""
    words = (word for one in RUNTIMES.values() for word in (*one.rules.formats, *one.rules.unread))
    return list(dict.fromkeys(words))


def check_names(device: str, model: str | None = None, scheme: str | None = None) -> str | None:
    """The number formats, as far as they follow from the names.

    InputError for a GPU, a model or number formats that are not known, with the nearest.
    """
    if device.strip():  # who names no GPU at all is told how, by scripts.tune.layer
        find_device(device)
    if scheme is not None and scheme not in schemes():
        raise unknown_name("number format", scheme, schemes())
    return scheme if model is None else scheme or find_model(model)[1]
