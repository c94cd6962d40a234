"""Which releases of which runtime look a file up where it lies, and what else they raise on."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.health.config_file import TRITON_KEY, ConfigFile
from scripts.health.finding import (
    BODY,
    LADDER,
    LEGALITY,
    NAME,
    PLACE,
    TRITON,
    Finding,
    Level,
    tokens_words,
)
from scripts.lib.config import REQUIRED_KEYS, ROCM_KEYS
from scripts.lib.device import Vendor, devices
from scripts.lib.files import InputError
from scripts.lib.names import nearest
from scripts.lib.runtimes.few_tokens import check_few_tokens
from scripts.lib.runtimes.file_name import foreign_suffix
from scripts.lib.runtimes.rules import release
from scripts.lib.runtimes.runtime import RUNTIMES, SGLANG, VLLM, Runtime
from scripts.lib.shape import BATCH_LADDER, Shape

_POWERS = ("BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K", "num_warps")


def found_by(file: ConfigFile) -> dict[str, str]:
    """By runtime: the releases that look it up where it lies, of those that the rules cover.

    vLLM reads a flat folder, SGLang one for each Triton version.
    """
    if file.name is None:
        return {}
    found = {}
    for runtime in RUNTIMES.values():
        if runtime.triton_folders != (file.folder is not None):
            continue
        if runtime.reachable(file.name):
            found[runtime.name] = _releases(runtime, file)
    return found


def _releases(runtime: Runtime, file: ConfigFile) -> str:
    assert file.name is not None
    oldest, newest = runtime.rules.versions
    scheme = file.name.scheme
    since = runtime.since(scheme) if scheme in runtime.rules.formats else oldest
    record = file.device
    known = runtime.rules.device_ids.get(str(record.device_id)) if record else None
    if known and known.name == file.name.device and record and known.name != record.torch_name:
        since = max(since, known.since, key=release)
    return f"{since} to {newest}"


def lookup_findings(file: ConfigFile) -> Iterator[Finding]:
    """What keeps a runtime from finding or taking the file."""
    yield from _name(file)
    yield from _place(file)
    yield from _keys(file)
    yield from _ladder(file)


def _name(file: ConfigFile) -> Iterator[Finding]:
    if file.name is None:
        suffix = foreign_suffix(file.path.name)
        why = f"ends with {suffix}, as another loader's do" if suffix else "is none of their form"
        yield Finding(Level.WRONG, NAME, f"no runtime asks for this name: it {why}")
        return
    if file.device is None:
        near = nearest(file.name.device, devices())
        words = f"no GPU called {file.name.device} is known here{near and f' ({near})'};"
        words += " nothing is said of its limits"
        yield Finding(Level.NOTE, NAME, words)
    if not any(one.reachable(file.name) for one in RUNTIMES.values()):
        yield Finding(Level.WRONG, NAME, f"no runtime asks for this name{_instead(file)}")


def _instead(file: ConfigFile) -> str:
    """The name that a runtime asks for in its stead, if it calls the GPU something else."""
    assert file.name is not None
    names = {one.device_name(file.name.device) for one in RUNTIMES.values()} - {file.name.device}
    return f": they call the GPU {' or '.join(sorted(names))}" if names else ""


def _place(file: ConfigFile) -> Iterator[Finding]:
    if file.name is None:
        return
    can = [one for one in RUNTIMES.values() if one.reachable(file.name)]
    if can and not found_by(file):
        (first, *_) = can
        place = "a folder configs/triton_3_6_0" if first.triton_folders else "the folder itself"
        words = f"only {first.name} asks for this name, and looks for it in {place}"
        yield Finding(Level.WRONG, PLACE, words)
    parts = (file.folder or "triton_0").split("_")[1:]
    if not all(part.isdigit() for part in parts):
        words = f"{file.folder}: SGLang makes numbers of such a folder's parts and raises on it"
        yield Finding(Level.WRONG, TRITON, words)


def _keys(file: ConfigFile) -> Iterator[Finding]:
    if file.name is None:
        return
    for name in found_by(file):
        rules = RUNTIMES[name].rules
        if not rules.triton_key and TRITON_KEY in (file.body or {}):
            words = f"key {TRITON_KEY!r}: {name} makes a number of every key and raises on it"
            yield Finding(Level.WRONG, BODY, words)
        form = rules.formats.get(file.name.scheme)
        entries = {m: config.to_entry() for m, config in file.configs.items()}
        wanted = dict(form.keys) if form else {}
        for key, value in wanted.items():
            lacking = tuple(m for m, entry in entries.items() if entry.get(key) != value)
            if lacking:
                grouped = form is not None and form.few_tokens_group is not None
                where = "" if grouped else ", for weights with a scale a group"
                words = f"{name}'s kernel wants {key} {value}{where}: {_at(file, lacking)}"
                yield Finding(Level.WRONG if grouped else Level.NOTE, BODY, words, lacking)
        for key in rules.forbidden_keys:
            having = tuple(m for m, entry in entries.items() if key in entry)
            if having:
                words = f"{name}'s kernel takes no {key}: {_at(file, having)}"
                yield Finding(Level.WRONG, BODY, words, having)
    yield from _vendor(file)
    yield from _powers(file)
    yield from _few_tokens(file)


def _at(file: ConfigFile, tokens: tuple[int, ...]) -> str:
    return "every batch size" if set(tokens) == set(file.configs) else tokens_words(tokens)


def _vendor(file: ConfigFile) -> Iterator[Finding]:
    if file.device is None or file.device.vendor is Vendor.AMD:
        return
    for key, (name, _) in ROCM_KEYS.items():
        having = tuple(m for m, one in file.configs.items() if getattr(one, name) is not None)
        if having:
            words = f"{key} is read by AMD's compiler alone and raises here: {_at(file, having)}"
            yield Finding(Level.WRONG, BODY, words, having)


def _powers(file: ConfigFile) -> Iterator[Finding]:
    for key in _POWERS:
        values = {m: getattr(one, REQUIRED_KEYS[key][0]) for m, one in file.configs.items()}
        odd = tuple(m for m, value in values.items() if value & (value - 1))
        if odd:
            words = f"{key} is no power of two, which Triton does not compile: {_at(file, odd)}"
            yield Finding(Level.WRONG, LEGALITY, words, odd)


def _few_tokens(file: ConfigFile) -> Iterator[Finding]:
    if file.name is None or VLLM.name not in found_by(file):
        return
    scheme = file.name.scheme
    if scheme not in VLLM.rules.formats:
        return
    # top_k is not in the name; one that is small makes the CUDA kernel run most often.
    shape = Shape(file.name.experts, file.name.intermediate, 0, 1, scheme)
    try:
        check_few_tokens(VLLM, shape, file.name.device, file.configs)
    except InputError as error:
        yield Finding(Level.NOTE, BODY, f"with top_k 1: {error}")


def _ladder(file: ConfigFile) -> Iterator[Finding]:
    if not file.configs:
        return
    holes = tuple(sorted(set(BATCH_LADDER) - set(file.configs)))
    if holes:
        words = f"no entry for {tokens_words(holes)}: the nearest is taken there, never the default"
        yield Finding(Level.NOTE, LADDER, words, holes)
    if list(file.configs) != sorted(file.configs):
        words = "batch sizes do not ascend: of two that are equally near the first is taken"
        yield Finding(Level.NOTE, LADDER, words)
    if SGLANG.name in found_by(file) and file.folder:
        wanted = SGLANG.rules.triton_folders_scanned_since
        words = f"SGLang before {wanted} finds it under exactly Triton {file.triton} only"
        yield Finding(Level.NOTE, TRITON, words)
