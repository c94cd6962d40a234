"""Read a table of recorded routing, and refuse one that cannot be of the layer at hand."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scripts.lib.files import InputError, sha256
from scripts.lib.schemas.routing import ROUTING
from scripts.lib.tables import read_table
from scripts.measure.conditions import RECORDED

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Recorded:
    """``expert_of`` int32 and ``weight`` float32 or None, both [tokens, top_k].

    ``digest``: 16 hex digits of the file's SHA-256.
    """

    path: Path
    digest: str
    expert_of: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float32] | None

    def check(self, experts: int, top_k: int) -> None:
        """InputError unless this can be the router of a layer of ``experts`` and ``top_k``."""
        held = self.expert_of.shape[1]
        if held != top_k:
            raise InputError(
                f"{self.path}: column slot: every token has {held} experts, the cell's top_k is "
                f"{top_k}; choose cells of top{held}, or another record"
            )
        least, largest = int(self.expert_of.min()), int(self.expert_of.max())
        if least < 0 or largest >= experts:
            raise InputError(
                f"{self.path}: column expert: holds {least if least < 0 else largest}, the cell's "
                f"experts are 0 to {experts - 1}; choose cells of more experts, or another record"
            )
        # A log long enough to be worth replaying names experts of the upper half too.
        if largest < experts // 2:
            raise InputError(
                f"{self.path}: column expert: no expert above {largest} is named, but the cell has "
                f"{experts}: too few, the record is of a smaller router; choose cells of fewer "
                "experts, or another record"
            )


@functools.cache
def read_recorded(path: Path) -> Recorded:
    """Read a ROUTING table; InputError if tokens are not whole.

    Kept in memory: every draw of a cell asks for it.
    """
    frame = read_table(path, ROUTING)
    if frame.empty:
        raise InputError(f"{path}: holds no token")
    frame = frame.sort_values(["token", "slot"])
    top_k = int(frame["slot"].max()) + 1
    _check_whole(path, frame, top_k)
    expert_of = frame["expert"].to_numpy(np.int32).reshape(-1, top_k)
    ordered = np.sort(expert_of, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    if twice.any():
        token = frame["token"].to_numpy()[::top_k][twice.argmax()]
        raise InputError(f"{path}: column expert: token {token} names an expert twice")
    return Recorded(path, sha256(path)[:16], expert_of, _weights(path, frame, top_k))


def _check_whole(path: Path, frame: pd.DataFrame, top_k: int) -> None:
    """Every token has slots 0 to top_k - 1, each once."""
    token, slot = frame["token"].to_numpy(), frame["slot"].to_numpy()
    expected = np.arange(len(frame)) % top_k
    wrong = slot != expected
    wrong[1:] |= (expected[1:] > 0) & (token[1:] != token[:-1])
    wrong[1:] |= (expected[1:] == 0) & (token[1:] == token[:-1])
    if len(frame) % top_k and not wrong.any():
        wrong[-1] = True
    if wrong.any():
        raise InputError(
            f"{path}: column slot: token {token[wrong.argmax()]} lacks one of the slots 0 to "
            f"{top_k - 1}, or has one twice; write all slots of every token"
        )


def _weights(path: Path, frame: pd.DataFrame, top_k: int) -> Any:
    empty = frame["weight"].isna()
    if empty.all():
        return None
    weight = frame["weight"].to_numpy(np.float32)
    if not np.isfinite(weight).all():
        token = frame.loc[~np.isfinite(weight), "token"].iloc[0]
        raise InputError(
            f"{path}: column weight: empty or not finite at token {token}, and given elsewhere; "
            "give all weights or none"
        )
    return weight.reshape(-1, top_k)


def profile_name(profile: str) -> str:
    """The profile as results name it: a recorded one by its file's name and content."""
    if not profile.startswith(RECORDED):
        return profile
    path = Path(profile.removeprefix(RECORDED))
    return f"{RECORDED}{path.name}@{read_recorded(path).digest}"
