"""The forms in which the recorded small model is laid out for an engine."""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """Its experts ``packed`` in MXFP4, or spelt out in bfloat16; packed ones may be ``wide``, among
    zeros (scripts.evidence.model.widen)."""  # noqa: D205,D209

    packed: bool = False
    wide: bool = False

    @property
    def name(self) -> str:
        """Of its folder."""
        return ("packed" if self.packed else "plain") + "-wide" * self.wide
