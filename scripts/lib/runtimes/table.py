"""Hold the rules against the runtimes themselves: what each release finds and takes.

The releases' own functions are read from the package index that pip is configured for, kept in the
user's cache, and run with a GPU that is not there. A file is written for each layer; batch sizes
up to 16,384 are asked for. A line for each file that is not found, with the reason that the rules
give, and the counts. Exit code 1 if a release does not do what the rules say.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.config import Config
from scripts.lib.device import Vendor, find_device
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.runtimes.body import entry
from scripts.lib.runtimes.expected import why_not_found
from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.runtimes.releases.loader import Find, Loader, NotFoundError
from scripts.lib.runtimes.releases.request import Request, request
from scripts.lib.runtimes.runtime import RUNTIMES, Runtime
from scripts.lib.shape import BATCH_LADDER, Shape, nearest_batch

LOG = logging.getLogger("runtimes.table")
EXAMPLE = """example:
  python -m scripts.lib.runtimes.table --vllm 0.24.0 0.33.0 --sglang 0.5.23
"""
RELEASES = {
    "vllm": ("0.14.0", "0.20.0", "0.24.0", "0.28.0", "0.33.0"),
    "sglang": ("0.5.5.post3", "0.5.6", "0.5.10", "0.5.12", "0.5.16", "0.5.23"),
}
DEVICES = (
    "NVIDIA_H200", "NVIDIA_H200_NVL", "NVIDIA_H100_80GB_HBM3", "NVIDIA_GB10", "Tesla_T4",
    "NVIDIA_RTX_PRO_6000_Blackwell_Max-Q_Workstation_Edition", "NVIDIA_A100_80GB_PCIe",
    "Intel(R)_Arc(TM)_Pro_B60_Graphics", "AMD_Instinct_MI300X", "AMD_Instinct_MI325_OAM",
    "AMD_Instinct_MI308X_OAM", "AMD_Instinct_MI355_OAM", "Radeon_8060S_Graphics",
    "AMD_Radeon_R9700",
)  # fmt: skip
SCHEMES = tuple(
    dict.fromkeys(s for one in RUNTIMES.values() for s in (*one.rules.formats, *one.rules.unread))
)
TRITON, TRITON_AMD = "3.6.0", "3.6.0+rocm7.1"
MOST_TOKENS = 16_384
# A config for each batch size that no other has, so that a wrong one is seen.
CONFIGS = {m: Config(16, 64, 128, at + 1, 4, 3) for at, m in enumerate(BATCH_LADDER)}


@dataclass(frozen=True)
class Row:
    """One file and one release. ``why``: what the release did not do, None if it did all.

    ``expected``: why the rules say that it is not found, None if they say it is.
    """

    runtime: str
    version: str
    scheme: str
    device: str
    triton: str
    why: str | None
    expected: str | None

    @property
    def agrees(self) -> bool:
        """Whether the release does what the rules say."""
        return (self.why is None) == (self.expected is None)


def rows(
    loaders: Iterable[Loader],
    schemes: Sequence[str] = SCHEMES,
    devices: Sequence[str] = DEVICES,
    batches: Sequence[int] = range(1, MOST_TOKENS + 1),
) -> Iterator[Row]:
    """Every release with every scheme and device; AMD's with two spellings of Triton's version.

    All of ``batches`` are asked for on the first device; on others the ladder and what lies around
    it and half-way.
    """
    for loader in loaders:
        for scheme in schemes:
            for place, device in enumerate(devices):
                amd = find_device(device).vendor is Vendor.AMD
                for triton in (TRITON, TRITON_AMD) if amd else (TRITON,):
                    asked = batches if place == 0 else _corners()
                    yield check(loader, Shape(8, 3584, 4096, 2, scheme), device, triton, asked)


def _corners() -> list[int]:
    halves = [(low + high) // 2 for low, high in pairwise(BATCH_LADDER)]
    return sorted({m + d for m in (*BATCH_LADDER, *halves) for d in (0, 1)} | {MOST_TOKENS})


def check(loader: Loader, shape: Shape, device: str, triton: str, batches: Sequence[int]) -> Row:
    """Write the layer's file and see what the release makes of it, with Triton ``triton``."""
    runtime = RUNTIMES[loader.package]
    expected = why_not_found(runtime, loader.version, shape.scheme, device, triton)
    why = expected if runtime.unread(shape.scheme) else _see(loader, shape, device, triton, batches)
    return Row(loader.package, loader.version, shape.scheme, device, triton, why, expected)


def _see(
    loader: Loader, shape: Shape, device: str, triton: str, batches: Sequence[int]
) -> str | None:
    asked = request(shape, device)
    with tempfile.TemporaryDirectory() as folder:
        write_runtime_files(Path(folder), shape, device, CONFIGS, triton)
        try:
            find = loader.find(Path(folder, loader.package), asked, triton)
            why = _lookup(find, RUNTIMES[loader.package], shape.scheme, batches)
            if why is None and asked.launchable:
                why = _launch(loader, asked, find, batches)
        except NotFoundError:
            return "not found"
        except Exception as error:
            return f"raises {error!r}"
    return why


def _lookup(find: Find, runtime: Runtime, scheme: str, batches: Sequence[int]) -> str | None:
    for tokens in batches:
        nearest = nearest_batch(tokens, list(BATCH_LADDER))
        found, written = find(tokens), entry(runtime, scheme, CONFIGS[nearest])
        if found != written:
            return f"M = {tokens}: takes {found} in the stead of {written}"
    return None


def _launch(loader: Loader, asked: Request, find: Find, batches: Sequence[int]) -> str | None:
    """Few tokens and many: another kernel may run."""
    for tokens in (batches[0], batches[-1]):
        if loader.launch(asked, tokens, find(tokens)) != 1:
            return f"M = {tokens}: no kernel was launched"
    return None


def open_releases(wanted: dict[str, Sequence[str]]) -> Iterator[Loader]:
    """The releases, by runtime. UnreachableError if one cannot be read."""
    from scripts.lib.runtimes.releases.sglang import SglangLoader  # noqa: PLC0415
    from scripts.lib.runtimes.releases.vllm import VllmLoader  # noqa: PLC0415

    made: dict[str, Callable[[str], Loader]] = {"vllm": VllmLoader, "sglang": SglangLoader}
    for runtime, versions in wanted.items():
        for version in versions:
            yield made[runtime](version)


def lines(found: Sequence[Row]) -> Iterator[str]:
    """What is not found, by reason; what the rules do not say; the counts."""
    reasons: dict[tuple[str, str, str], list[Row]] = {}
    for row in found:
        if row.why is not None and row.agrees:
            reasons.setdefault((row.runtime, row.version, str(row.expected)), []).append(row)
    for (runtime, version, reason), those in reasons.items():
        schemes = ", ".join(dict.fromkeys(row.scheme for row in those))
        yield f"{runtime} {version}: {len(those)} not found: {reason} ({schemes})"
    for row in found:
        if not row.agrees:
            yield (
                f"WRONG {row.runtime} {row.version} {row.scheme} {row.device} Triton {row.triton}:"
                f" {row.why or 'found'}; the rules say: {row.expected or 'found'}"
            )
    counts = Counter(_word(row) for row in found)
    wrong = sum(not row.agrees for row in found)
    yield (
        f"{len(found)} rows: {counts['found']} found and taken, {counts['not found']} not found,"
        f" {counts['unread']} of number formats that the runtime reads no file for;"
        f" {wrong} other than the rules say"
    )


def _word(row: Row) -> str:
    if RUNTIMES[row.runtime].unread(row.scheme):
        return "unread"
    return "found" if row.why is None else "not found"


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(__doc__, EXAMPLE)
    for runtime, versions in RELEASES.items():
        parser.add_argument(f"--{runtime}", nargs="*", default=versions, help="releases of it")
    parser.add_argument("--device", nargs="+", default=DEVICES, help="GPUs, as in config files")
    args = parser.parse_args(argv)
    wrong: list[Row] = []

    def body() -> None:
        from scripts.lib.runtimes.releases.wheel import UnreachableError  # noqa: PLC0415

        devices = [find_device(name).name for name in args.device]
        try:
            loaders = list(open_releases({name: getattr(args, name) for name in RELEASES}))
        except UnreachableError as error:
            raise InputError(f"a release cannot be read: {error}; is the index in reach?") from None
        found = list(rows(loaders, devices=devices))
        for line in lines(found):
            LOG.info("%s", line)
        wrong.extend(row for row in found if not row.agrees)

    return run_main(body) or int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
