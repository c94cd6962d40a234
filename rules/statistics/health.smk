"""How good the config files that the runtime ships still are under its own operator."""


rule statistics_health:
    input:
        script="scripts/statistics/health.py",
        history=history(),
        op=under_op("cells.parquet", "finals.parquet", "runs.json"),
        spec=LOCKED_SPEC,
    output:
        health="results/tables/statistics/health.parquet",
        rates="results/tables/statistics/health_rates.parquet",
    log:
        "logs/statistics/health.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/health.py"),
        op=folders("op"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --history {input.history:q} --op {params.op:q}"
        " --margin {params.margin:q} --resamples {params.resamples:q}"
        " --level {params.level:q} --seed {params.seed:q}"
        " --out {output.health:q} --out-rates {output.rates:q} 2> {log:q}"
