"""The text of a config file: entries that the runtime's loader reads and its kernel takes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scripts.lib.config import ROCM_KEYS, Config
from scripts.lib.device import Vendor, record_of
from scripts.lib.files import InputError
from scripts.lib.runtimes.few_tokens import check_few_tokens
from scripts.lib.runtimes.runtime import Runtime
from scripts.lib.shape import BATCH_LADDER, Shape


def body(
    runtime: Runtime, shape: Shape, device: str, configs: Mapping[int, Config], triton: str
) -> str:
    """The file's text: ascending batch sizes, since the first of equally near ones is taken.

    ``triton``: written as ``triton_version`` where the loader knows that key. InputError unless
    ``configs`` holds the batch sizes of the ladder, and for an entry that the kernel does not take.
    """
    absent = sorted(set(BATCH_LADDER) - set(configs))
    if absent:
        raise InputError(f"{shape.id}: no config for M = {', '.join(map(str, absent))}")
    _check_vendor(shape, device, configs)
    check_few_tokens(runtime, shape, device, configs)
    entries: dict[str, object] = {"triton_version": triton} if runtime.rules.triton_key else {}
    for tokens in sorted(configs):
        entries[str(tokens)] = entry(runtime, shape.scheme, configs[tokens])
    return json.dumps(entries, indent=4) + "\n"


def entry(runtime: Runtime, scheme: str, config: Config) -> dict[str, int]:
    """One entry, with the keys that the kernel of the scheme wants and without those it refuses."""
    kept = {k: v for k, v in config.to_entry().items() if k not in runtime.rules.forbidden_keys}
    return kept | dict(runtime.rules.formats[scheme].keys)


def _check_vendor(shape: Shape, device: str, configs: Mapping[int, Config]) -> None:
    """Triton for another vendor's GPU raises on the keys that only AMD's backend reads."""
    record = record_of(device)
    if record is None or record.vendor is Vendor.AMD:
        return
    for tokens, config in configs.items():
        foreign = [key for key, (name, _) in ROCM_KEYS.items() if getattr(config, name) is not None]
        if foreign:
            raise InputError(
                f"{shape.id}, M = {tokens}: {config.id} has {', '.join(foreign)}, which only AMD's"
                f" GPUs take; {device} is none: tune the layer on it"
            )
