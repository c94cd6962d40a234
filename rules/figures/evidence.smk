"""Draw what was measured on the runtime's engine."""


rule figures_evidence:
    input:
        script="scripts/figures/evidence.py",
        legs=rules.evidence_tables.output.legs,
        kernels=rules.evidence_tables.output.kernels,
    output:
        png="results/figures/evidence.png",
        svg="results/figures/evidence.svg",
    log:
        "logs/figures/evidence.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/figures/evidence.py"),
    shell:
        "python -m {params.module} --legs {input.legs:q} --kernels {input.kernels:q}"
        " --out-png {output.png:q} --out-svg {output.svg:q} 2> {log:q}"
