"""Draw what copied configs and searches come to, on recorded trials and on the GPU itself."""


rule figures_transferred:
    input:
        script="scripts/figures/transferred.py",
        triples=rules.statistics_triples.output.verdicts,
        trials=copies("trials.parquet"),
    output:
        png="results/figures/transferred.png",
        svg="results/figures/transferred.svg",
    log:
        "logs/figures/transferred.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/transferred.py"),
        sources=lookup(within=config, dpath="figures/sources"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --trials {input.trials:q}"
        " --sources {params.sources:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_classes:
    input:
        script="scripts/figures/classes.py",
        breakdowns=rules.statistics_breakdown.output.breakdowns,
    output:
        png="results/figures/classes.png",
        svg="results/figures/classes.svg",
    log:
        "logs/figures/classes.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/classes.py"),
    shell:
        "python -m {params.module} --breakdowns {input.breakdowns:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_curves:
    input:
        script="scripts/figures/curves.py",
        rates=rules.statistics_aggregate.output.rates,
    output:
        png="results/figures/curves.png",
        svg="results/figures/curves.svg",
        csv="results/figures/curves.csv",
    log:
        "logs/figures/curves.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/curves.py"),
        sources=lookup(within=config, dpath="figures/sources"),
    shell:
        "python -m {params.module} --rates {input.rates:q}"
        " --sources {params.sources:q}"
        " --out-csv {output.csv:q} --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_searches:
    input:
        script="scripts/figures/searches.py",
        rates=rules.statistics_searches.output.rates,
    output:
        png="results/figures/searches.png",
        svg="results/figures/searches.svg",
    log:
        "logs/figures/searches.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/searches.py"),
    shell:
        "python -m {params.module} --rates {input.rates:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_live:
    input:
        script="scripts/figures/live.py",
        rates=rules.statistics_live.output.rates,
    output:
        png="results/figures/live.png",
        svg="results/figures/live.svg",
    log:
        "logs/figures/live.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/live.py"),
    shell:
        "python -m {params.module} --rates {input.rates:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_audit:
    input:
        script="scripts/figures/audit.py",
        grid=rules.audit_real.output.grid,
    output:
        png="results/figures/audit.png",
        svg="results/figures/audit.svg",
    log:
        "logs/figures/audit.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/audit.py"),
    shell:
        "python -m {params.module} --grid {input.grid:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_audit_live:
    input:
        script="scripts/figures/audit_live.py",
        grid=rules.audit_live.output.grid,
    output:
        png="results/figures/audit_live.png",
        svg="results/figures/audit_live.svg",
    log:
        "logs/figures/audit_live.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/audit_live.py"),
    shell:
        "python -m {params.module} --grid {input.grid:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_foreseen:
    input:
        script="scripts/figures/foreseen.py",
        foreseen=rules.statistics_foreseen.output.foreseen,
    output:
        png="results/figures/foreseen.png",
        svg="results/figures/foreseen.svg",
    log:
        "logs/figures/foreseen.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/foreseen.py"),
    shell:
        "python -m {params.module} --foreseen {input.foreseen:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
