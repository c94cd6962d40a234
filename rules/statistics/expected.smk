"""How far to trust what is expected where nothing was measured."""


rule statistics_expected:
    input:
        script="scripts/statistics/expected.py",
        openings=rules.transfer_openings.output.openings,
        spec=LOCKED_SPEC,
    output:
        expected="results/tables/statistics/expected.parquet",
    log:
        "logs/statistics/expected.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/expected.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --openings {input.openings:q} --margin {params.margin:q}"
        " --out {output.expected:q} 2> {log:q}"
