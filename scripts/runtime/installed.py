"""The vLLM that is installed here: its version and the hash of its kernels' source.

Nothing of vLLM is imported, which takes a quarter of a minute.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from scripts.lib.files import InputError, sha256

# The release whose operator this was written for and tried with; its interface moves.
RELEASE = "0.24"
TRITON = "3.6.0"  # that it comes with; a config file names one
_LAYERS = Path("model_executor/layers")
# The fused operator with its Triton kernels, and the quantisation that it calls.
_SOURCES = (
    _LAYERS / "fused_moe",
    _LAYERS / "quantization/utils/fp8_utils.py",
    _LAYERS / "quantization/utils/int8_utils.py",
)


@dataclass(frozen=True)
class Installed:
    """``folder``: of the package. ``source_hash``: first 16 digits over its kernels' source."""

    version: str
    folder: Path
    source_hash: str


def installed() -> Installed:
    """The vLLM of this interpreter. InputError if there is none, or one of another release."""
    spec = find_spec("vllm")
    try:
        found = version("vllm")
    except PackageNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"vLLM is not installed here, and its operator is what would be measured; "
            f"pip install vllm=={RELEASE}.0 on the GPU machine (the rest of graphx needs none)"
        )
    if not f"{found}.".startswith(f"{RELEASE}."):
        raise InputError(
            f"vLLM {found} is installed, but the operator is known as {RELEASE} has it; "
            f"pip install vllm=={RELEASE}.0"
        )
    folder = Path(spec.submodule_search_locations[0])
    return Installed(found, folder, source_hash(folder))


def source_hash(folder: Path) -> str:
    """One hash over the sources of the operator in the package's folder.

    InputError naming what is missing of them. Compiled libraries are left out: their bytes differ
    between builds of one release.
    """
    parts = []
    for source in _SOURCES:
        path = folder / source
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        if not files or not all(file.is_file() for file in files):
            raise InputError(f"{path}: not found; vLLM is not installed as a whole")
        parts += [f"{file.relative_to(folder).as_posix()}:{sha256(file)}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
