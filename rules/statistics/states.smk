"""What a verdict may err by: identical pairs, the power limit, a GPU that is not steady."""


rule statistics_aa_rates:
    input:
        script="scripts/statistics/aa_rates.py",
        finals=datasets("finals.parquet"),
        again=second_recordings("finals.parquet"),
        study=study("finals.parquet"),
        fresh=fresh("finals.parquet"),
        op=under_op("finals.parquet"),
        beside=beside_op("finals.parquet"),
        spec=LOCKED_SPEC,
    output:
        rates="results/tables/statistics/aa_rates.parquet",
    log:
        "logs/statistics/aa_rates.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/aa_rates.py"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --finals {input.finals:q} {input.again:q} {input.study:q} {input.fresh:q}"
        " {input.op:q} {input.beside:q}"
        " --margin {params.margin:q} --level {params.level:q} --out {output.rates:q} 2> {log:q}"


rule statistics_states:
    input:
        script="scripts/statistics/states.py",
        recorded=datasets(
            "cells.parquet", "finals.parquet", "runs.json", "trials.parquet"
        ),
        again=second_recordings(
            "cells.parquet", "finals.parquet", "runs.json", "trials.parquet"
        ),
        study=study("cells.parquet", "finals.parquet", "runs.json", "trials.parquet"),
        fresh=fresh("cells.parquet", "finals.parquet", "runs.json", "trials.parquet"),
        runtime=under_op(
            "cells.parquet", "finals.parquet", "runs.json", "trials.parquet"
        ),
        beside=beside_op(
            "cells.parquet", "finals.parquet", "runs.json", "trials.parquet"
        ),
        spec=LOCKED_SPEC,
    output:
        states="results/tables/statistics/states.parquet",
    log:
        "logs/statistics/states.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/states.py"),
        recorded=folders("recorded"),
        again=folders("again"),
        study=folders("study"),
        fresh=folders("fresh"),
        runtime=folders("runtime"),
        beside=folders("beside"),
        band=locked("power_band"),
    shell:
        "python -m {params.module} --recording {params.recorded:q} {params.again:q}"
        " {params.study:q} {params.fresh:q} {params.runtime:q} {params.beside:q}"
        " --band {params.band:q} --out {output.states:q} 2> {log:q}"
