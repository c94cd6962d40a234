"""What the rule files share. No other one defines functions."""

import hashlib

from snakemake.exceptions import WorkflowError

from scripts.lib.chosen import CHOSEN
from scripts.lib.device import find_device
from scripts.lib.files import InputError, sha256
from scripts.lib.imports import closure
from scripts.lib.manifest import read_manifest, verify
from scripts.lib.predictor import MODEL_NAMES
from scripts.lib.recordings import DATASETS, measured_devices, recordings
from scripts.lib.registration import JUDGES, REGISTERED
from scripts.lib.schemes import schemes
from scripts.lib.spec import LOCK, SPEC, read_spec
from scripts.matrix.pages.content import feature_pages
from scripts.matrix.pages.write import FEATURES, PAGES
from scripts.matrix.reading import read_matrix
from scripts.report.sections import (
    CAPTIONS,
    DETAILS,
    derived,
    page_sources,
    summary_sources,
)

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


# Modules that recorded commands name.
COMMANDS = [
    "scripts/measure/sweep.py",
    "scripts/runtime/judge.py",
    "scripts/runtime/study.py",
    "scripts/tune/run.py",
    "scripts/tune/study.py",
]


def code(script, *others):
    """Digest of a module and of all that it imports, for `params`: new code, new results.

    ``script``: the rule's own once more, since a param that is taken from the input is compared by
    nobody. ``others``: modules, or folders of them, that it runs by names that it reads. Listed as
    inputs instead, the same files would fill the screen with every job.
    """
    digest = hashlib.sha256()
    for path in closure(Path(one) for one in (script, *others)):
        digest.update(f"{path.as_posix()} {sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def results_of(phase=None):
    """Input function: what the rules of a phase, called ``<phase>_<step>``, or all rules make.

    Without what is in build/: that is made where the network or a GPU is asked for.
    """

    def made(wildcards):
        return [
            path
            for rule in workflow.rules
            if phase in (None, rule.name.partition("_")[0])
            for path in rule.output
            if path.startswith("results/")
        ]

    return made


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


def measured_plan(made):
    """The plan to measure: ``measure.plan``, or the one that a rule makes."""
    return lookup(within=config, dpath="measure/plan") or made


def parts(pattern):
    """What each part of a live measurement has, by a pattern with {part} and {parts}."""
    number = lookup(within=config, dpath="measure/parts")
    return [pattern.format(part=part, parts=number) for part in range(1, number + 1)]


def history():
    """The mined history."""
    return source("mine", "history.parquet")


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


def folders(name):
    """Param function: the folders of an input's files, each once, in their order."""

    def found(wildcards, input):
        return list(dict.fromkeys(str(Path(path).parent) for path in input[name]))

    return found


def measured_spaces():
    """The legal configs of every measured GPU, in all its number formats."""
    wanted = formats_of_targets()
    for device in measured_devices():
        if device not in wanted:
            raise WorkflowError(
                f"params.yaml: space.targets: lacks {device}, of which data/recordings.yaml"
                " has recordings"
            )
    return [
        f"results/tables/space/{device}-{scheme}.parquet"
        for device in measured_devices()
        for scheme in wanted[device]
    ]


def copies(*names):
    """Files of the datasets that hold every committed config of a GPU's files."""
    return _of_datasets(names_of("corpus"), names)


def costs():
    """What tuning a file cost, a record for each GPU on which it was measured."""
    return recorded(*(one.path for one in registered("cost")))


def correctness():
    """Checks of the number formats: in Triton's interpreter, and on measured GPUs."""
    return recorded(*(one.path for one in registered("correctness")))


def complete(*names):
    """Files of the datasets whose cells hold every legal config; recorded in either mode."""
    found = registered("complete")
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def recorded_models():
    """graphx-sim's models that lie beside recordings, whose plans they or later ones stamped."""
    folders = [one.path for one in registered("complete", "corpus")]
    found = [f"{folder}/{name}" for folder in folders for name in MODEL_NAMES]
    listed = read_manifest()
    return recorded(*(path for path in found if path in listed))


def corpora(*names):
    """Files of the datasets that hold every committed config; recorded in either mode."""
    found = registered("corpus")
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def complete_again(*names):
    """Files of their repetitions."""
    firsts = names_of("complete")
    again = [one for one in registered("repeat") if one.repeats in firsts]
    return recorded(*(f"{one.path}/{name}" for one in again for name in names))


def rivals():
    """Recorded runs of the searches that are too dear to be run again; on recorded trials only."""
    if lookup(within=config, dpath="measure/mode") == "live":
        return []
    return recorded(*(one.path for one in registered("rivals")))


def study(*names):
    """Files of the recorded studies of searches on the GPU itself."""
    found = registered("study")
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def study_ledgers():
    """Their ledgers, one a GPU that shared the study."""
    return recorded(*(path for one in registered("study") for path in one.ledger_paths))


def fresh(*names):
    """Files of the recorded finals in which a study's choices were judged once more."""
    found = registered("finals")
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def under_op(*names):
    """Files of the recordings under a runtime's own operator; none where there is none."""
    found = registered("runtime")
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def beside_op(*names):
    """Files of the recordings of the same cells under another operator, or once more."""
    found = registered("beside")
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def audits():
    """The ledgers of audits on the GPU itself; none where there is none."""
    return recorded(*(path for one in registered("audit") for path in one.ledger_paths))


def audits_before():
    """Of earlier audits, from which the race learned what processes differ by."""
    return recorded(
        *(path for one in registered("audit_before") for path in one.ledger_paths)
    )


def engine_journals():
    """What a runtime's engine was recorded at; none where there is none."""
    found = registered("engine")
    return recorded(*(path for one in found for path in one.ledger_paths))


def kernel_times():
    """GEMMs of runtimes' operators timed one by one; none where none were."""
    return recorded(*(one.path for one in registered("kernel_times")))


def said_by_loaders():
    """What runtimes' own loaders said of files that they were given; none where none was asked."""
    return recorded(*(one.path for one in registered("loaded")))


def evidence():
    """Every file of the recorded sets of evidence and of their re-runs; none where there is none."""
    found = [f"{one.path}/" for one in registered("evidence", "rerun")]
    return recorded(*(p for p in read_manifest() if p.startswith(tuple(found))))


def reruns():
    """Re-runs of a set of evidence, as options: ``FIRST=SECOND``."""
    return [f"{one.repeats}={one.name}" for one in registered("rerun")]


def registrations():
    """What was registered of GPUs before they were measured."""
    return sorted(path.as_posix() for path in REGISTERED.iterdir())


def tuned(name):
    """A file of every recorded run of the command that tunes a layer."""
    return recorded(*(f"{one.path}/{name}" for one in registered("tuned")))


def tuning_runs():
    """Recorded runs of that command, one layer again and again."""
    return recorded(*(one.path for one in registered("tuning")))


def ledgers():
    """The ledgers of all recordings; one that is measured live is scanned when it ends."""
    mode = lookup(within=config, dpath="measure/mode")
    own = lookup(within=config, dpath="measure/dataset")
    ordered = (
        registered(*DATASETS)
        + registered("repeat", "study", "finals", "runtime")
        + registered("tuned")
    )
    return recorded(
        *(
            path
            for one in ordered
            if mode == "recorded" or one.name != own
            for path in one.ledger_paths
        )
    )


def matrices():
    """The recorded matrices of an engine's switches; none where there is none."""
    return recorded(*(one.path for one in registered("matrix")))


def earlier_matrices():
    """Those of before, that they are compared with; none where there is none."""
    return recorded(*(one.path for one in registered("matrix_earlier")))


def matrix_pages():
    """The pages of data/matrix/switches.yaml: those of all its cells, and one a feature."""
    try:
        features = feature_pages(read_matrix(Path("data/matrix/switches.yaml")))
    except InputError as error:
        raise WorkflowError(str(error)) from None
    return [f"results/matrix/{name}.md" for name in PAGES] + [
        f"results/matrix/{FEATURES}/{name}" for name in features
    ]
