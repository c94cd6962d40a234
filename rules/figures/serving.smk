"""Draw what files do to the engine."""


rule figures_engine:
    input:
        script="scripts/figures/engine.py",
        ratios=rules.serving_engine.output.ratios,
    output:
        png="results/figures/engine.png",
        svg="results/figures/engine.svg",
    log:
        "logs/figures/engine.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/engine.py"),
    shell:
        "python -m {params.module} --ratios {input.ratios:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
