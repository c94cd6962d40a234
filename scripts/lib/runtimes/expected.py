"""Why a release does not find a file that is written for the newest, as the rules have it."""

from __future__ import annotations

from scripts.lib.device import record_of
from scripts.lib.runtimes.rules import release
from scripts.lib.runtimes.runtime import Runtime


def why_not_found(
    runtime: Runtime, version: str, scheme: str, device: str, triton: str
) -> str | None:
    """For a reader; None if the release finds the file. ``triton``: the version that it runs on."""
    unread = runtime.unread(scheme)
    if unread is not None:
        return unread
    form = runtime.rules.formats[scheme]
    if form.since is not None and release(version) < release(form.since):
        return f"asks for a name without per_channel_quant before {form.since}"
    named, newest = runtime.device_name(device, version), runtime.device_name(device)
    if named != newest:
        record = record_of(device)
        known = runtime.rules.device_ids[str(record and record.device_id)]
        return f"calls the GPU {named} before {known.since}"
    scanned = runtime.rules.triton_folders_scanned_since
    if scanned is not None and release(version) < release(scanned) and "+" in triton:
        return f"looks into the folder of Triton {triton} to the letter before {scanned}"
    return None
