"""The whole road: mined history and measured trials in, tables, figures and the report out."""

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from scripts.lib.files import InputError
from scripts.lib.params import check_params

min_version("9.20")


configfile: "params.yaml"


try:
    check_params(config, "params.yaml", Path("rules/schemas"))
except InputError as error:
    raise WorkflowError(str(error)) from None


include: "rules/common.smk"
include: "rules/mine.smk"
include: "rules/corpus.smk"
include: "rules/space.smk"
include: "rules/sim.smk"
include: "rules/transfer.smk"
include: "rules/measure.smk"
include: "rules/tune.smk"
include: "rules/audit.smk"
include: "rules/matrix.smk"
include: "rules/evidence.smk"
include: "rules/ledger.smk"
include: "rules/catalogue.smk"
include: "rules/statistics.smk"
include: "rules/serving.smk"
include: "rules/claims.smk"
include: "rules/export.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        results_of(),
