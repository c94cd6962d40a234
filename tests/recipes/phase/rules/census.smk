"""Count what the history holds."""


rule census_count:
    input:
        script="scripts/census/count.py",
        history=history(),
    output:
        census="results/tables/census/census.parquet",
    log:
        "logs/census/count.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/census/count.py"),
        least=lookup(within=config, dpath="census/least"),
    shell:
        "python -m {params.module} --history {input.history:q} --least {params.least:q}"
        " --out {output.census:q} 2> {log:q}"


rule census:
    input:
        results_of("census"),
