"""Mine the upstream histories again. Part of a run in live mode only; the record is a source."""


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
        code=code("scripts/mine/mine.py"),
        repo=lookup(within=config, dpath="mine/repo"),
    shell:
        "python -m {params.module} --repo {params.repo:q} --upstream {input.upstream:q}"
        " --out {output.history:q} 2> {log:q}"


rule mine_fetch:
    input:
        script="scripts/mine/fetch.py",
        upstream="data/upstream.yaml",
    output:
        wheels="build/live/sglang_wheels.txt",
    log:
        "logs/mine/fetch.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/mine/fetch.py"),
        wheels=lookup(within=config, dpath="mine/wheels"),
    shell:
        "python -m {params.module} --upstream {input.upstream:q} --runtime sglang"
        " --wheels {params.wheels:q} --out {output.wheels:q} 2> {log:q}"


rule mine_sglang:
    input:
        script="scripts/mine/mine.py",
        upstream="data/upstream.yaml",
        wheels=rules.mine_fetch.output.wheels,
    output:
        history="build/live/sglang_history.parquet",
    log:
        "logs/mine/sglang.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/mine/mine.py"),
        wheels=lookup(within=config, dpath="mine/wheels"),
    shell:
        "python -m {params.module} --wheels {params.wheels:q} --upstream {input.upstream:q}"
        " --runtime sglang --out {output.history:q} 2> {log:q}"


rule mine:
    input:
        rules.mine_mine.output,
        rules.mine_sglang.output,
