"""Simulate a measurement on a cluster."""


rule statistics_scaling:
    input:
        script="scripts/statistics/scaling.py",
        recorded=rules.statistics_recorded.output.recorded,
        binaries=rules.statistics_recorded.output.binaries,
    output:
        scaling="results/tables/statistics/scaling.parquet",
    log:
        "logs/statistics/scaling.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/scaling.py"),
        fleet=lookup(within=config, dpath="statistics/fleet"),
        start=lookup(within=config, dpath="statistics/job_start_s"),
        cores=lookup(within=config, dpath="statistics/job_cores"),
        kills=lookup(within=config, dpath="statistics/kills_per_hour"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --recorded {input.recorded:q} --binaries {input.binaries:q}"
        " --gpus {params.fleet:q} --start {params.start} --cores {params.cores}"
        " --kills-per-hour {params.kills} --seed {params.seed} --out {output.scaling:q} 2> {log:q}"
