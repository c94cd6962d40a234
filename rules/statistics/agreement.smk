"""Whether verdicts under graphx's own kernels hold under the runtime's operator."""


rule statistics_agreement:
    input:
        script="scripts/statistics/agreement.py",
        op=under_op("cells.parquet", "finals.parquet", "trials.parquet"),
        fresh=fresh("finals.parquet", "trials.parquet", teachings=[LAYER_OUT]),
        study=study("finals.parquet", "trials.parquet", teachings=[LAYER_OUT]),
        recorded=datasets("finals.parquet", "trials.parquet"),
        again=second_recordings("finals.parquet", "trials.parquet"),
        spec=LOCKED_SPEC,
    output:
        agreement="results/tables/statistics/agreement.parquet",
        pairs="results/tables/statistics/op_pairs.parquet",
    log:
        "logs/statistics/agreement.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/agreement.py"),
        op=folders("op"),
        fresh=folders("fresh"),
        study=folders("study"),
        recorded=folders("recorded"),
        again=folders("again"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --op {params.op:q} --own {params.fresh:q} {params.study:q}"
        " {params.recorded:q} {params.again:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.agreement:q} --out-pairs {output.pairs:q} 2> {log:q}"


rule statistics_op_beside:
    input:
        script="scripts/statistics/op_beside.py",
        beside=beside_op(
            "cells.parquet", "finals.parquet", "trials.parquet", "runs.json"
        ),
        op=under_op("cells.parquet", "finals.parquet"),
        fresh=fresh("finals.parquet", teachings=[LAYER_OUT]),
        study=study("finals.parquet", teachings=[LAYER_OUT]),
        spec=LOCKED_SPEC,
    output:
        beside="results/tables/statistics/op_beside.parquet",
    log:
        "logs/statistics/op_beside.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/op_beside.py"),
        beside=folders("beside"),
        op=folders("op"),
        fresh=folders("fresh"),
        study=folders("study"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --beside {params.beside:q} --op {params.op:q}"
        " --own {params.fresh:q} {params.study:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.beside:q} 2> {log:q}"


rule statistics_op_gemms:
    input:
        script="scripts/statistics/op_gemms.py",
        pairs=rules.statistics_agreement.output.pairs,
        times=kernel_times(),
    output:
        gemms="results/tables/statistics/op_gemms.parquet",
    log:
        "logs/statistics/op_gemms.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/op_gemms.py"),
    shell:
        "python -m {params.module} --pairs {input.pairs:q} --times {input.times:q}"
        " --out {output.gemms:q} 2> {log:q}"
