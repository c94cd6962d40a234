"""Draw: every figure as PNG and SVG, and the curves as a table for `dvc plots`."""


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
        "../envs/analysis.yaml"
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
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/classes.py"),
    shell:
        "python -m {params.module} --breakdowns {input.breakdowns:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_cost:
    input:
        script="scripts/figures/cost.py",
        cost=rules.statistics_cost.output.cost,
    output:
        png="results/figures/cost.png",
        svg="results/figures/cost.svg",
    log:
        "logs/figures/cost.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/cost.py"),
    shell:
        "python -m {params.module} --cost {input.cost:q}"
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
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/curves.py"),
        sources=lookup(within=config, dpath="figures/sources"),
    shell:
        "python -m {params.module} --rates {input.rates:q}"
        " --sources {params.sources:q}"
        " --out-csv {output.csv:q} --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


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
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/gaps.py"),
        source=lookup(within=config, dpath="figures/gap_source"),
        target=lookup(within=config, dpath="figures/gap_target"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --gaps {input.gaps:q}"
        " --source {params.source:q} --target {params.target:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_headroom:
    input:
        script="scripts/figures/headroom.py",
        pairwise=rules.statistics_pairwise.output.pairwise,
        cells=measured("cells.parquet"),
    output:
        png="results/figures/headroom.png",
        svg="results/figures/headroom.svg",
    log:
        "logs/figures/headroom.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/headroom.py"),
    shell:
        "python -m {params.module} --pairwise {input.pairwise:q} --cells {input.cells:q}"
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
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/legality.py"),
    shell:
        "python -m {params.module} --legality {input.legality:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_sim:
    input:
        script="scripts/figures/sim.py",
        calibration=rules.sim_evaluate.output.calibration,
        cells=rules.sim_evaluate.output.cells,
    output:
        png="results/figures/sim.png",
        svg="results/figures/sim.svg",
    log:
        "logs/figures/sim.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/sim.py"),
    shell:
        "python -m {params.module} --calibration {input.calibration:q} --cells {input.cells:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


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
        "../envs/analysis.yaml"
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
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/live.py"),
    shell:
        "python -m {params.module} --rates {input.rates:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_spread:
    input:
        script="scripts/figures/spread.py",
        spread=rules.statistics_spread.output.spread,
        spec=LOCKED_SPEC,
    output:
        png="results/figures/spread.png",
        svg="results/figures/spread.svg",
    log:
        "logs/figures/spread.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/spread.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --spread {input.spread:q} --margin {params.margin:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures:
    input:
        rules.figures_transferred.output,
        rules.figures_classes.output,
        rules.figures_cost.output,
        rules.figures_curves.output,
        rules.figures_gaps.output,
        rules.figures_headroom.output,
        rules.figures_legality.output,
        rules.figures_sim.output,
        rules.figures_searches.output,
        rules.figures_live.output,
        rules.figures_spread.output,
