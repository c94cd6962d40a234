"""Read off the replayed searches: regret, costs, pairs, what was chosen."""


rule statistics_searches:
    input:
        script="scripts/statistics/searches.py",
        searches=rules.transfer_evaluate.output.searches,
    output:
        rates="results/tables/statistics/search_rates.parquet",
        costs="results/tables/statistics/search_costs.parquet",
    log:
        "logs/statistics/searches.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/searches.py"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --searches {input.searches:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out-rates {output.rates:q} --out-costs {output.costs:q} 2> {log:q}"


rule statistics_search_pairs:
    input:
        script="scripts/statistics/search_pairs.py",
        searches=rules.transfer_evaluate.output.searches,
    output:
        pairs="results/tables/statistics/search_pairs.parquet",
    log:
        "logs/statistics/search_pairs.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/search_pairs.py"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --searches {input.searches:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.pairs:q} 2> {log:q}"


rule statistics_search_choices:
    input:
        script="scripts/statistics/search_choices.py",
        choices=rules.transfer_evaluate.output.choices,
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        verdicts="results/tables/statistics/search_verdicts.parquet",
        behind="results/tables/statistics/search_behind.parquet",
    log:
        "logs/statistics/search_choices.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/search_choices.py"),
        replayed=names_of("complete"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --choices {input.choices:q} --states {input.states:q}"
        " --aa {input.aa:q} --replayed {params.replayed:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out-verdicts {output.verdicts:q} --out-behind {output.behind:q} 2> {log:q}"
