"""Draw what the features of an engine cost and save."""


rule figures_matrix:
    input:
        script="scripts/figures/matrix.py",
        numbers=rules.matrix_judge.output.numbers,
        cells=rules.matrix_judge.output.cells,
    output:
        png="results/figures/matrix.png",
        svg="results/figures/matrix.svg",
    log:
        "logs/figures/matrix.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/matrix.py"),
    shell:
        "python -m {params.module} --numbers {input.numbers:q} --cells {input.cells:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
