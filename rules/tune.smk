"""Read what searches on the GPU itself chose; their ledgers are a source."""


rule tune_live:
    input:
        script="scripts/tune/live.py",
        ledgers=study_ledgers(),
        fresh=fresh("finals.parquet"),
        history=history(),
        spec=LOCKED_SPEC,
    output:
        live="results/tables/tune/live.parquet",
    log:
        "logs/tune/live.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/tune/live.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --ledger {input.ledgers:q} --history {input.history:q}"
        " --fresh {input.fresh:q} --margin {params.margin:q} --out {output.live:q} 2> {log:q}"


rule tune:
    input:
        results_of("tune"),
