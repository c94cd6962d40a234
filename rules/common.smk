"""What the rule files share. No other one defines functions."""

import hashlib

from snakemake.exceptions import WorkflowError

from scripts.lib.device import find_device
from scripts.lib.files import InputError, sha256
from scripts.lib.manifest import verify
from scripts.lib.spec import LOCK, SPEC, read_spec
from scripts.report.sections import CAPTIONS, derived, page_sources, summary_sources

# What is decided by the locked spec has both as inputs: an edited spec must not go unnoticed.
LOCKED_SPEC = [SPEC.as_posix(), LOCK.as_posix()]

# The files of a measured dataset.
MEASURED = [
    "cells.parquet",
    "compiles.parquet",
    "finals.parquet",
    "runs.json",
    "trials.parquet",
]

# Checks of the number formats: in Triton's interpreter, and on the measured GPU.
CORRECTNESS = [
    "data/recorded/correctness/interpreter.parquet",
    "data/recorded/correctness/nvidia_h200.parquet",
]


def code(phase, *packages):
    """Digest of a phase's package and the shared one, for `params`: new code, new results.

    ``packages``: others that it imports. Listed as inputs instead, the same files would fill the
    screen with every job.
    """
    folders = [Path("scripts", name) for name in (phase, "lib")]
    folders += [Path(name) for name in packages]
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in sorted(path for path in found if "__pycache__" not in path.parts):
        digest.update(f"{path.as_posix()} {sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def locked(name):
    """A number of the locked spec, for example ``win_margin``."""
    try:
        return getattr(read_spec(), name)
    except InputError as error:
        raise WorkflowError(str(error)) from None


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


def targets():
    """GPUs and number formats of the spaces, as options: ``NVIDIA_H200=bf16,fp16``."""
    wanted = lookup(within=config, dpath="space/targets")
    # Sorted: another order in params.yaml is no other parameter.
    return [
        f"{device}={','.join(schemes)}" for device, schemes in sorted(wanted.items())
    ]


def compiled_names():
    """Tables of compiled binaries: one a scheme and architecture, one more for committed configs."""
    wanted = lookup(within=config, dpath="space/targets")
    schemes = {
        (find_device(device).arch, one) for device, all in wanted.items() for one in all
    }
    if lookup(within=config, dpath="space/all_committed"):
        schemes |= {(arch, "committed") for arch, _ in schemes}
    return [f"space/{arch}-{scheme}.parquet" for arch, scheme in sorted(schemes)]


def compiled():
    """The compiled binaries of the spaces."""
    return source("space", *compiled_names())


def spaces():
    """The tables of legal configs, one a GPU and scheme."""
    wanted = lookup(within=config, dpath="space/targets")
    pairs = [
        (device, scheme)
        for device, schemes in sorted(wanted.items())
        for scheme in schemes
    ]
    return [
        f"results/tables/space/{device}-{scheme}.parquet" for device, scheme in pairs
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


def measured(*names):
    """Files of the measured dataset, for example ``trials.parquet``."""
    dataset = lookup(within=config, dpath="measure/dataset")
    return source("measure", *(f"measured/{dataset}/{name}" for name in names))


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


def datasets(*names):
    """Files of every measured dataset, those of measure.dataset first."""
    own = lookup(within=config, dpath="measure/dataset")
    every = lookup(within=config, dpath="measure/datasets")
    if own not in every:
        raise WorkflowError(f"params.yaml: measure.datasets: lacks {own}")
    return _of_datasets(
        sorted(every, key=lambda name: (name != own, every.index(name))), names
    )


def repetitions():
    """Second recordings and, by each, the dataset whose cells it repeats."""
    return dict(sorted(lookup(within=config, dpath="measure/repeats").items()))


def first_recordings(*names):
    """Files of the datasets that were recorded twice, in the order of their repetitions."""
    return _of_datasets([*repetitions().values()], names)


def second_recordings(*names):
    """Files of the repetitions."""
    return _of_datasets([*repetitions()], names)


def folders(name):
    """Param function: the folders of an input's files, each once, in their order."""

    def found(wildcards, input):
        return list(dict.fromkeys(str(Path(path).parent) for path in input[name]))

    return found


def measured_spaces():
    """The legal configs of the measured GPU, in all number formats."""
    device = lookup(within=config, dpath="space/device")
    return [path for path in spaces() if Path(path).name.startswith(f"{device}-")]


def copies(*names):
    """Files of the dataset that holds every committed config of the corpus."""
    return _of_datasets([lookup(within=config, dpath="statistics/copies")], names)


def costs():
    """What tuning a file cost, a record for each GPU on which it was measured."""
    names = lookup(within=config, dpath="measure/costs")
    return recorded(*(f"data/recorded/cost/{name}.json" for name in names))


def _recorded_of(parameter, table):
    names = lookup(within=config, dpath=parameter)
    return recorded(*(f"data/recorded/measured/{name}/{table}" for name in names))


def trials_of(parameter):
    """Trials of the datasets that a parameter lists; recorded in either mode."""
    return _recorded_of(parameter, "trials.parquet")


def cells_of(parameter):
    """Cells of those datasets, in the same order."""
    return _recorded_of(parameter, "cells.parquet")


def rivals():
    """Recorded runs of the searches that are too dear to be run again."""
    names = lookup(within=config, dpath="transfer/rivals")
    return recorded(*(f"data/recorded/searches/{name}.parquet" for name in names))


def study(*names):
    """Files of the recorded study of searches on the GPU itself."""
    dataset = lookup(within=config, dpath="tune/study/dataset")
    return recorded(*(f"data/recorded/measured/{dataset}/{name}" for name in names))


def study_ledger_names():
    """The study's ledgers, one a GPU."""
    gpus = lookup(within=config, dpath="tune/study/gpus")
    return [f"ledger-{number}-of-{gpus}.jsonl.xz" for number in range(1, gpus + 1)]


def tuned(name):
    """A file of every recorded run of the command that tunes a layer."""
    layers = lookup(within=config, dpath="tune/layers")
    return recorded(*(f"data/recorded/tuned/{layer}/{name}" for layer in layers))


def ledgers():
    """The ledgers of all recorded datasets; one that is measured live is scanned when it ends."""
    mode = lookup(within=config, dpath="measure/mode")
    own = lookup(within=config, dpath="measure/dataset")
    names = [
        *lookup(within=config, dpath="measure/datasets"),
        *repetitions(),
    ]
    names = [name for name in names if mode == "recorded" or name != own]
    found = [f"measured/{name}/ledger.jsonl.xz" for name in names]
    searched = lookup(within=config, dpath="tune/study/dataset")
    found += [f"measured/{searched}/{name}" for name in study_ledger_names()]
    layers = lookup(within=config, dpath="tune/layers")
    found += [f"tuned/{layer}/ledger.jsonl.xz" for layer in layers]
    return recorded(*(f"data/recorded/{path}" for path in found))
