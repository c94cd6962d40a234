"""Measured datasets: which there are, and their files, recorded or of a live measurement."""

from scripts.lib.files import InputError
from scripts.lib.manifest import verify
from scripts.lib.recordings import DATASETS, recordings

# The files of a measured dataset.
MEASURED = [
    "cells.parquet",
    "compiles.parquet",
    "finals.parquet",
    "runs.json",
    "trials.parquet",
]


def _of_datasets(wanted, names):
    """Input function for files of several datasets; measure.dataset is where its mode says."""
    own = lookup(within=config, dpath="measure/dataset")
    live = lookup(within=config, dpath="measure/mode") == "live"

    def checked(wildcards):
        try:
            return [
                (
                    f"build/live/measured/{dataset}/{name}"
                    if live and dataset == own
                    else verify(f"data/recorded/measured/{dataset}/{name}")
                )
                for dataset in wanted
                for name in names
            ]
        except InputError as error:
            raise WorkflowError(str(error)) from None

    return checked


def registered(*roles):
    """The recordings of these roles, in the registry's order; measure.dataset first."""
    own = lookup(within=config, dpath="measure/dataset")
    try:
        return sorted(recordings(*roles), key=lambda one: one.name != own)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def names_of(*roles):
    """Their names."""
    return [one.name for one in registered(*roles)]


def datasets(*names):
    """Files of every measured dataset, those of measure.dataset first."""
    own = lookup(within=config, dpath="measure/dataset")
    live = lookup(within=config, dpath="measure/mode") == "live"
    if not live and own not in names_of(*DATASETS):
        raise WorkflowError(
            f"params.yaml: measure.dataset: data/recordings.yaml has no {own}"
        )
    return _of_datasets(list(dict.fromkeys([own, *names_of(*DATASETS)])), names)


def judged_names():
    """The recordings whose finals are compared pairwise, one a GPU: measure.dataset, and of each
    other GPU the first whose cells are complete."""
    own = lookup(within=config, dpath="measure/dataset")
    by_device = {}
    for one in registered("complete"):
        by_device.setdefault(one.device, one.name)
    if own not in by_device.values():
        by_device[lookup(within=config, dpath="space/device")] = own
    return sorted(by_device.values(), key=lambda name: name != own)


def judged(*names):
    """Files of those recordings, for example ``trials.parquet``."""
    return _of_datasets(judged_names(), names)


def replayed(*names):
    """Files of the recordings whose cells hold every legal config, and of measure.dataset."""
    return _of_datasets([*dict.fromkeys(judged_names() + names_of("complete"))], names)


def repetitions():
    """Second recordings and, by each, the dataset whose cells it repeats."""
    return {one.name: one.repeats for one in registered("repeat")}


def first_recordings(*names):
    """Files of the datasets that were recorded twice, in the order of their repetitions."""
    return _of_datasets([*repetitions().values()], names)


def second_recordings(*names):
    """Files of the repetitions."""
    return _of_datasets([*repetitions()], names)
