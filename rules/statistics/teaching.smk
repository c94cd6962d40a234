"""What the searches and the predictor find, by what was allowed to teach them."""


rule statistics_teaching:
    input:
        script="scripts/statistics/teaching.py",
        spec=LOCKED_SPEC,
        layer_out=[
            rules.transfer_evaluate.output.searches,
            rules.transfer_evaluate.output.choices,
            rules.sim_evaluate.output.cells,
        ],
        family_out=[
            rules.transfer_family_out.output.searches,
            rules.transfer_family_out.output.choices,
            rules.sim_family_out.output.cells,
        ],
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
    output:
        teaching="results/tables/statistics/teaching.parquet",
    log:
        "logs/statistics/teaching.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/teaching.py"),
        replayed=names_of("complete"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --taught layer_out {input.layer_out:q}"
        " --taught family_out {input.family_out:q} --margin {params.margin:q}"
        " --states {input.states:q} --aa {input.aa:q} --replayed {params.replayed:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.teaching:q} 2> {log:q}"


rule statistics_cold:
    input:
        script="scripts/statistics/cold.py",
        spec=LOCKED_SPEC,
        searches=rules.transfer_gpu_out.output.searches,
        choices=rules.transfer_gpu_out.output.choices,
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
    output:
        cold="results/tables/statistics/cold.parquet",
    log:
        "logs/statistics/cold.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/cold.py"),
        replayed=names_of("complete"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --searches {input.searches:q} --choices {input.choices:q}"
        " --states {input.states:q} --aa {input.aa:q} --replayed {params.replayed:q}"
        " --margin {params.margin:q} --resamples {params.resamples:q} --level {params.level:q}"
        " --seed {params.seed:q} --out {output.cold:q} 2> {log:q}"


rule statistics_registered:
    input:
        script="scripts/statistics/registered.py",
        cold=rules.statistics_cold.output.cold,
        live=rules.statistics_cold_live.output.cold,
        spec=LOCKED_SPEC,
    output:
        outcomes="results/tables/statistics/registered_outcomes.parquet",
    log:
        "logs/statistics/registered.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/registered.py"),
    shell:
        "python -m {params.module} --cold {input.cold:q} --live {input.live:q} --lock {input.spec[1]:q}"
        " --out {output.outcomes:q} 2> {log:q}"


rule statistics_alike:
    input:
        script="scripts/statistics/alike.py",
        trials=complete("trials.parquet"),
    output:
        alike="results/tables/statistics/alike.parquet",
    log:
        "logs/statistics/alike.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/alike.py"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --out {output.alike:q} 2> {log:q}"
