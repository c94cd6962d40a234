"""Draw what was measured: what is to be gained, what differs between runs, what it costs."""


rule figures_headroom:
    input:
        script="scripts/figures/headroom.py",
        pairwise=rules.statistics_pairwise.output.pairwise,
        cells=judged("cells.parquet"),
    output:
        png="results/figures/headroom.png",
        svg="results/figures/headroom.svg",
    log:
        "logs/figures/headroom.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/headroom.py"),
    shell:
        "python -m {params.module} --pairwise {input.pairwise:q} --cells {input.cells:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_health:
    input:
        script="scripts/figures/health.py",
        health=rules.statistics_health.output.health,
    output:
        png="results/figures/health.png",
        svg="results/figures/health.svg",
    log:
        "logs/figures/health.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/health.py"),
    shell:
        "python -m {params.module} --health {input.health:q}"
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
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/spread.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --spread {input.spread:q} --margin {params.margin:q}"
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
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/sim.py"),
    shell:
        "python -m {params.module} --calibration {input.calibration:q} --cells {input.cells:q}"
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
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/cost.py"),
    shell:
        "python -m {params.module} --cost {input.cost:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"


rule figures_scaling:
    input:
        script="scripts/figures/scaling.py",
        scaling=rules.statistics_scaling.output.scaling,
    output:
        png="results/figures/scaling.png",
        svg="results/figures/scaling.svg",
    log:
        "logs/figures/scaling.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/scaling.py"),
    shell:
        "python -m {params.module} --scaling {input.scaling:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
