"""Names of config files, taken apart and put together; both runtimes write the same grammar.

E={E},N={N},device_name={D}[,dtype={T}][,block_shape=[n,k]][,per_channel_quant=True][_down].json,
in vLLM's folder also [,backend={B}].
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Number formats that have another word in file names. `float8` is what fp8_w8a8 was called in
# 2024, before the runtime knew several fp8 schemes.
_SCHEMES = {"": "bf16", "float8": "fp8_w8a8", "float32": "fp32"}
# Other loaders append a word in small letters (_lmdeploy); no GPU's name and no number format
# ends with one: theirs have a capital or a digit in the last word.
_FOREIGN = re.compile(r"_[a-z]+(?=\.json$)")
_DOWN = "_down.json"

# Nine digits at most, so that every number fits 32 bits.
_SIZE = r"[1-9]\d{0,8}"
_NAME = re.compile(
    rf"E=(?P<E>{_SIZE}),N=(?P<N>{_SIZE}),device_name=(?P<device>[^,=]+)"
    r"(?:,dtype=(?P<dtype>[^,=]+))?"
    r"(?:,block_shape=(?P<block>\[\d{1,9},(?P<gap> ?)\d{1,9}\]))?"
    r"(?P<channel>,per_channel_quant=True)?"
    r"(?:,backend=(?P<backend>[^,=]+))?"
    r"\.json"
)


@dataclass(frozen=True)
class FileName:
    """The parts of a config file's name; a part that the name leaves out is empty.

    ``intermediate`` as in the name: of packed weights SGLang writes half. ``block_shape`` without
    a blank, as ``[128,128]``; ``gap`` is the blank, if the name has one there.
    """

    experts: int
    intermediate: int
    device: str
    dtype: str = ""
    block_shape: str = ""
    per_channel: bool = False
    down: bool = False
    backend: str = ""
    gap: str = ""

    @property
    def file_name(self) -> str:
        """The name itself; the inverse of ``parse_name``."""
        block = self.block_shape.replace(",", f",{self.gap}")
        options = {"dtype": self.dtype, "block_shape": block}
        ends = "".join(f",{key}={value}" for key, value in options.items() if value)
        ends += ",per_channel_quant=True" * self.per_channel
        ends += f",backend={self.backend}" if self.backend else ""
        ends += "_down" * self.down
        return f"E={self.experts},N={self.intermediate},device_name={self.device}{ends}.json"

    @property
    def scheme(self) -> str:
        """Our word for the number formats, for example ``fp8_w8a8_b128x128``.

        int8_w8a8 without blocks is always by channel, so that its word does not say so.
        """
        word = _SCHEMES.get(self.dtype, re.sub(r"[^a-z0-9]+", "_", self.dtype.lower()))
        if self.per_channel and self.dtype != "int8_w8a8":
            word += "_channel"
        return word + self.block_shape.replace("[", "_b").replace(",", "x").rstrip("]")


def foreign_suffix(name: str) -> str | None:
    """The word that another loader put behind a name, for example ``_lmdeploy``; None if none."""
    match = _FOREIGN.search(name)
    return match[0] if match else None


def parse_name(name: str) -> FileName | None:
    """Take a file name apart; None if it is not a config file's name, or another loader's."""
    down = name.endswith(_DOWN)
    plain = name.removesuffix(_DOWN) + ".json" if down else name
    match = _NAME.fullmatch(plain)
    if match is None or foreign_suffix(plain):
        return None
    return FileName(
        int(match["E"]),
        int(match["N"]),
        match["device"],
        match["dtype"] or "",
        (match["block"] or "").replace(" ", ""),
        bool(match["channel"]),
        down,
        match["backend"] or "",
        match["gap"] or "",
    )
