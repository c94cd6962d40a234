"""What to do about a file that is not there; it depends on whose file it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from scripts.lib.files import InputError

_PLAN = ("build", "live", "plan.parquet")  # what `make gpu-measure` carries out
_RECORDED, _DERIVED, _SPACES = ("data", "recorded"), "results", "space"


def not_found(path: Path) -> InputError:
    """The error for a file that is absent, with the one remedy that can help."""
    return InputError(f"{path}: not found; {_remedy(path.parts)}")


def _remedy(parts: tuple[str, ...]) -> str:
    pairs = list(pairwise(parts))
    if _RECORDED in pairs:
        return "`make restore` fetches recorded data"
    if parts[-len(_PLAN) :] == _PLAN:
        return "`make plan` builds it"
    if _DERIVED not in parts:
        return "name a file that is there"
    derived = "/".join(parts[parts.index(_DERIVED) :])
    if _SPACES in parts and "-" in parts[-1]:
        return (
            f"`make {derived}` builds it for the GPUs and formats of the parameter space.targets;"
            " for any other, `python -m scripts.tune.run --plan --device GPU --shape LAYER`"
            " compiles it"
        )
    return f"`make {derived}` builds it"
