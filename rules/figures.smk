"""Draw: every figure as PNG and SVG, by kind of question; the curves as a table for `dvc plots` too."""


include: "figures/corpus.smk"
include: "figures/measured.smk"
include: "figures/searches.smk"
include: "figures/matrix.smk"
include: "figures/serving.smk"
include: "figures/evidence.smk"


rule figures:
    input:
        results_of("figures"),
