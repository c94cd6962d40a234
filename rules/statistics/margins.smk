"""What is shown at which margin."""


rule statistics_margins:
    input:
        script="scripts/statistics/margins.py",
        live=rules.tune_live.output.live,
        verdicts=rules.statistics_triples.output.verdicts,
        states=rules.statistics_states.output.states,
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
        searched=searched_in(LAYER_OUT),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --live {input.live:q} --verdicts {input.verdicts:q}"
        " --states {input.states:q} --aa {input.aa:q} {params.searched:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.margins:q} 2> {log:q}"
