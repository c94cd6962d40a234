"""Draw what the history says: how late config files come, and what is legal elsewhere."""


rule figures_gaps:
    input:
        script="scripts/figures/gaps.py",
        triples=rules.corpus_build.output.triples,
        gaps=rules.statistics_gaps.output.gaps,
    output:
        png="results/figures/gaps.png",
        svg="results/figures/gaps.svg",
    log:
        "logs/figures/gaps.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/gaps.py"),
        source=lookup(within=config, dpath="figures/gap_source"),
        target=lookup(within=config, dpath="figures/gap_target"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --gaps {input.gaps:q}"
        " --source {params.source:q} --target {params.target:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_legality:
    input:
        script="scripts/figures/legality.py",
        legality=rules.space_legality.output.legality,
    output:
        png="results/figures/legality.png",
        svg="results/figures/legality.svg",
    log:
        "logs/figures/legality.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/legality.py"),
    shell:
        "python -m {params.module} --legality {input.legality:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
