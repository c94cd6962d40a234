"""Names of vLLM's config files: taken apart, put together, and whether it ever asks for one.

E={E},N={N},device_name={D}[,dtype={T}][,block_shape=[n,k]][,backend={B}].json
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# The dtypes that vLLM's loader puts into a name; it writes none for bf16 and fp16.
LOADER_DTYPES = frozenset({"", "fp8_w8a8", "fp8_w8a16", "int8_w8a16", "int4_w4a16", "float32"})
# Number formats that have another word in file names. `float8` is what fp8_w8a8 was called in
# 2024, before the runtime knew several fp8 schemes.
_SCHEMES = {"": "bf16", "float8": "fp8_w8a8", "float32": "fp32"}
# Every device of the H200 family asks for the files of this one.
_H200 = "NVIDIA_H200"

# Other loaders append a word in small letters (_down, _lmdeploy). No GPU's name and no number
# format ends with one: theirs have a capital or a digit in the last word.
_SUFFIX = re.compile(r"_[a-z]+(?=\.json$)")
# Nine digits at most, so that every number fits 32 bits.
_NAME = re.compile(
    r"E=(?P<E>[1-9]\d{0,8}),N=(?P<N>[1-9]\d{0,8}),device_name=(?P<device>[^,=]+)"
    r"(?:,dtype=(?P<dtype>[^,=]+))?"
    r"(?:,block_shape=(?P<block>\[[1-9]\d{0,8},[1-9]\d{0,8}\]))?"
    r"(?:,backend=(?P<backend>[^,=]+))?"
    r"\.json"
)


def scheme_word(dtype: str, block_shape: str) -> str:
    """Our word for the number formats of a file; ``block_shape`` as ``[n,k]`` or empty."""
    word = _SCHEMES.get(dtype, re.sub(r"[^a-z0-9]+", "_", dtype.lower()))
    return word + block_shape.replace("[", "_b").replace(",", "x").rstrip("]")


@dataclass(frozen=True)
class ConfigName:
    """The parts of a config file's name; a part that the name leaves out is empty."""

    experts: int
    intermediate: int
    device: str
    dtype: str = ""
    block_shape: str = ""
    backend: str = ""

    @property
    def file_name(self) -> str:
        """The name itself; the inverse of ``parse_name``."""
        options = {"dtype": self.dtype, "block_shape": self.block_shape, "backend": self.backend}
        suffix = "".join(f",{key}={value}" for key, value in options.items() if value)
        return f"E={self.experts},N={self.intermediate},device_name={self.device}{suffix}.json"

    @property
    def scheme(self) -> str:
        """Our word for the number formats, for example ``fp8_w8a8_b128x128``."""
        return scheme_word(self.dtype, self.block_shape)

    @property
    def reachable(self) -> bool:
        """Whether the loader's naming rules can ever ask for this file."""
        if re.search(r"[\s/]", self.device):
            return False  # the loader writes _ for each
        if "H200" in self.device.split("_") and self.device != _H200:
            return False
        if self.backend:
            return (self.backend, self.dtype, self.block_shape) == ("flydsl", "int4_w4a16", "")
        return self.dtype in LOADER_DTYPES


def foreign_suffix(name: str) -> str | None:
    """The word that another loader put behind a name, for example ``_lmdeploy``; None if none."""
    match = _SUFFIX.search(name)
    return match[0] if match else None


def parse_name(name: str) -> ConfigName | None:
    """Take a file name apart; None if it is not a name of vLLM's config files."""
    match = _NAME.fullmatch(name)
    if match is None or foreign_suffix(name):
        return None
    return ConfigName(
        int(match["E"]),
        int(match["N"]),
        match["device"],
        match["dtype"] or "",
        match["block"] or "",
        match["backend"] or "",
    )
