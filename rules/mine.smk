"""Mine the upstream history again. Part of a run in live mode only; the record is a source."""


rule mine_mine:
    input:
        script="scripts/mine/mine.py",
        upstream="data/upstream.yaml",
    output:
        history="build/live/history.parquet",
    log:
        "logs/mine/mine.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("mine"),
        repo=lookup(within=config, dpath="mine/repo"),
    shell:
        "python -m {params.module} --repo {params.repo:q} --upstream {input.upstream:q}"
        " --out {output.history:q} 2> {log:q}"
