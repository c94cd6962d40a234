"""What identical pairs say of the error of a verdict, and what is shown at which margin."""


rule statistics_aa_rates:
    input:
        script="scripts/statistics/aa_rates.py",
        finals=datasets("finals.parquet"),
        again=second_recordings("finals.parquet"),
        study=study("finals.parquet"),
        fresh=fresh("finals.parquet"),
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
        " --margin {params.margin:q} --level {params.level:q} --out {output.rates:q} 2> {log:q}"


rule statistics_margins:
    input:
        script="scripts/statistics/margins.py",
        live=rules.tune_live.output.live,
        verdicts=rules.statistics_triples.output.verdicts,
        aa=rules.statistics_aa_rates.output.rates,
    output:
        margins="results/tables/statistics/margins.parquet",
    log:
        "logs/statistics/margins.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/margins.py"),
        study=names_of("study"),
        fresh=names_of("finals"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --live {input.live:q} --verdicts {input.verdicts:q}"
        " --aa {input.aa:q} --study {params.study:q} --fresh {params.fresh:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.margins:q} 2> {log:q}"
