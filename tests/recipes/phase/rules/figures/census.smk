"""Draw how varied the config files of each GPU are."""


rule figures_census:
    input:
        script="scripts/figures/census.py",
        census=rules.census_count.output.census,
    output:
        png="results/figures/census.png",
        svg="results/figures/census.svg",
    log:
        "logs/figures/census.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/census.py"),
    shell:
        "python -m {params.module} --census {input.census:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
