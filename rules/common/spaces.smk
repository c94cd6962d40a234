"""Which config spaces are wanted: GPUs, number formats, their compiled binaries and tables."""

from scripts.lib.device import find_device
from scripts.lib.schemes import schemes


def formats_of_targets():
    """GPU -> number formats of its space. Sorted: another order of GPUs is no other parameter."""
    wanted = lookup(within=config, dpath="space/targets")
    return {
        device: schemes() if found == "all" else found
        for device, found in sorted(wanted.items())
    }


def targets():
    """GPUs and number formats of the spaces, as options: ``NVIDIA_H200=bf16,fp16``."""
    return [f"{device}={','.join(all)}" for device, all in formats_of_targets().items()]


def compiled_names():
    """Tables of compiled binaries: one a scheme and architecture, one more for committed configs."""
    pairs = {
        (find_device(device).arch, one)
        for device, all in formats_of_targets().items()
        for one in all
    }
    if lookup(within=config, dpath="space/all_committed"):
        pairs |= {(arch, "committed") for arch, _ in pairs}
    return [f"space/{arch}-{scheme}.parquet" for arch, scheme in sorted(pairs)]


def compiled():
    """The compiled binaries of the spaces."""
    return source("space", *compiled_names())


def spaces():
    """The tables of legal configs, one a GPU and scheme."""
    return [
        f"results/tables/space/{device}-{scheme}.parquet"
        for device, all in formats_of_targets().items()
        for scheme in all
    ]


def wanted_space():
    """The legal configs of the GPU and the number formats for which configs are wanted."""
    device = lookup(within=config, dpath="space/device")
    scheme = lookup(within=config, dpath="space/scheme")
    path = f"results/tables/space/{device}-{scheme}.parquet"
    if path not in spaces():
        raise WorkflowError(
            f"params.yaml: space: {device} and {scheme} are not among the targets"
        )
    return path
