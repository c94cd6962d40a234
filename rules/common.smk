"""What the rule files share. No other one defines functions."""

import hashlib

from snakemake.exceptions import WorkflowError

from scripts.lib.files import InputError, sha256
from scripts.lib.manifest import verify

# The files of a measured dataset.
MEASURED = [
    "cells.parquet",
    "compiles.parquet",
    "finals.parquet",
    "runs.json",
    "trials.parquet",
]


def code(phase):
    """Digest of a phase's package and the shared one, for `params`: new code, new results.

    Listed as inputs instead, the same files would fill the screen with every job.
    """
    folders = [Path("scripts", name) for name in (phase, "lib")]
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in sorted(path for path in found if "__pycache__" not in path.parts):
        digest.update(f"{path.as_posix()} {sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def recorded(*paths):
    """Input function for recorded files: their content is checked before anything runs."""

    def checked(wildcards):
        try:
            return [verify(path) for path in paths]
        except InputError as error:
            raise WorkflowError(str(error)) from None

    return checked


def source(phase, *names):
    """Files that need the network or a GPU: the record, or in live mode what a rule writes."""
    if lookup(within=config, dpath=f"{phase}/mode") == "live":
        return [f"build/live/{name}" for name in names]
    return recorded(*(f"data/recorded/{name}" for name in names))


def history():
    """The mined history."""
    return source("mine", "history.parquet")


def measured(*names):
    """Files of the measured dataset, for example ``trials.parquet``."""
    dataset = lookup(within=config, dpath="measure/dataset")
    return source("measure", *(f"measured/{dataset}/{name}" for name in names))


def measured_again(*names):
    """Files of the dataset that repeats cells of the measured one; recorded in either mode."""
    dataset = lookup(within=config, dpath="measure/repeat")
    return recorded(*(f"data/recorded/measured/{dataset}/{name}" for name in names))
