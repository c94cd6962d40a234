"""Names of SGLang's config files, below the folder that holds them.

[triton_{a}_{b}_{c}/]E={E},N={N},device_name={D}[,dtype={T}][,block_shape=[n, k]]
[,per_channel_quant=True][_down].json, in this order. Releases to 0.4.6 had no folders per Triton
version; a file with ``_down`` is of the second GEMM alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scripts.mine.filename import foreign_suffix, scheme_word

_DOWN = "_down"
# Folders of Triton versions in digits only: the loader calls int() on each part.
_NAME = re.compile(
    r"(?:triton_(?P<triton>\d+(?:_\d+)+)/)?"
    r"E=(?P<E>[1-9]\d{0,8}),N=(?P<N>[1-9]\d{0,8}),device_name=(?P<device>[^,=/\s]+)"
    r"(?:,dtype=(?P<dtype>[^,=/\s]+))?"
    r"(?:,block_shape=\[(?P<n>[1-9]\d{0,8}), (?P<k>[1-9]\d{0,8})\])?"
    r"(?P<channel>,per_channel_quant=True)?"
    r"\.json"
)
# int8_w8a8 is by channel with and without the word, which releases from 0.5.6 write.
_BY_CHANNEL = frozenset({"int8_w8a8"})


@dataclass(frozen=True)
class SglangName:
    """The parts of a name; a part that the name leaves out is empty."""

    experts: int
    intermediate: int
    device: str
    dtype: str = ""
    block_shape: str = ""
    per_channel: bool = False
    down: bool = False
    triton: str | None = None

    @property
    def scheme(self) -> str:
        """Our word for the number formats, for example ``fp8_w8a8_channel``."""
        word = scheme_word(self.dtype, self.block_shape)
        apart = self.per_channel and not (self.dtype in _BY_CHANNEL and not self.block_shape)
        return f"{word}_channel" if apart else word

    @property
    def path(self) -> str:
        """The path itself; the inverse of ``parse_sglang``."""
        folder = f"triton_{self.triton.replace('.', '_')}/" if self.triton else ""
        options = f",dtype={self.dtype}" if self.dtype else ""
        if self.block_shape:
            options += f",block_shape={self.block_shape.replace(',', ', ')}"
        options += ",per_channel_quant=True" if self.per_channel else ""
        stem = f"E={self.experts},N={self.intermediate},device_name={self.device}"
        return f"{folder}{stem}{options}{_DOWN if self.down else ''}.json"


def parse_sglang(path: str) -> SglangName | None:
    """Take a path apart; None if it is not the name of one of SGLang's config files."""
    down = path.endswith(f"{_DOWN}.json")
    match = _NAME.fullmatch(f"{path.removesuffix(f'{_DOWN}.json')}.json" if down else path)
    if match is None or foreign_suffix(match[0]):
        return None
    return SglangName(
        int(match["E"]),
        int(match["N"]),
        match["device"],
        match["dtype"] or "",
        f"[{match['n']},{match['k']}]" if match["n"] else "",
        bool(match["channel"]),
        down,
        match["triton"].replace("_", ".") if match["triton"] else None,
    )
