"""What the rule files share. No rule file defines functions but this one and those beside it."""

from snakemake.exceptions import WorkflowError

from scripts.lib.chosen import CHOSEN
from scripts.lib.files import InputError
from scripts.lib.manifest import read_manifest, verify
from scripts.lib.predictor import MODEL_NAMES
from scripts.lib.recordings import (
    DATASETS,
    GPU_OUT,
    LAYER_OUT,
    TEACHINGS,
    finals_of,
    measured_devices,
    studies,
)
from scripts.lib.registration import JUDGES, JUDGES_LIVE, REGISTERED
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


include: "common/code.smk"
include: "common/spaces.smk"
include: "common/datasets.smk"


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


def study(*names, teachings=TEACHINGS):
    """Files of the recorded studies of searches on the GPU itself, by what taught them."""
    found = [one for teaching in teachings for one in studies(teaching)]
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def study_ledgers(*teachings):
    """Their ledgers, one a GPU that shared the study."""
    found = [one for teaching in teachings or TEACHINGS for one in studies(teaching)]
    return recorded(*(path for one in found for path in one.ledger_paths))


def fresh(*names, teachings=TEACHINGS):
    """Files of the recorded finals in which those studies' choices were judged once more."""
    found = [one for teaching in teachings for one in finals_of(studies(teaching))]
    return recorded(*(f"{one.path}/{name}" for one in found for name in names))


def searched_in(teaching):
    """Options that name the studies that were taught so and their finals; none of what is not there."""
    found = studies(teaching)
    named = {"--study": found, "--fresh": finals_of(found)}
    return [
        word
        for option, some in named.items()
        if some
        for word in (option, *(one.name for one in some))
    ]


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
        + registered("repeat", "study", "finals", "runtime", "beside")
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


def slowed_matrices():
    """Those of engines slowed for real; none where there is none."""
    return recorded(*(one.path for one in registered("matrix_slowed")))


def matrix_pages():
    """The pages of data/matrix/switches.yaml: those of all its cells, and one a feature."""
    try:
        features = feature_pages(read_matrix(Path("data/matrix/switches.yaml")))
    except InputError as error:
        raise WorkflowError(str(error)) from None
    return [f"results/matrix/{name}.md" for name in PAGES] + [
        f"results/matrix/{FEATURES}/{name}" for name in features
    ]
