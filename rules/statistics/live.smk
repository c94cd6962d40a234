"""Judge what searches on the GPU itself chose, and layers that were tuned with one command."""


rule statistics_live:
    input:
        script="scripts/statistics/live.py",
        live=rules.tune_live.output.live,
        space=measured_spaces(),
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        rates="results/tables/statistics/live_rates.parquet",
        losses="results/tables/statistics/live_losses.parquet",
    log:
        "logs/statistics/live.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/live.py"),
        searched=searched_in(LAYER_OUT),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --live {input.live:q} --space {input.space:q}"
        " --states {input.states:q} --aa {input.aa:q} {params.searched:q}"
        " --margin {params.margin:q} --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out-rates {output.rates:q} --out-losses {output.losses:q} 2> {log:q}"


rule statistics_cold_live:
    input:
        script="scripts/statistics/cold_live.py",
        live=rules.tune_cold.output.live,
        default=rules.tune_cold.output.default,
        found=rules.tune_cold.output.found,
        whole=complete("cells.parquet"),
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        cold="results/tables/statistics/cold_live.parquet",
    log:
        "logs/statistics/cold_live.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/cold_live.py"),
        searched=searched_in(GPU_OUT),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --live {input.live:q} --default {input.default:q}"
        " --found {input.found:q} --whole {input.whole:q} --states {input.states:q}"
        " --aa {input.aa:q} {params.searched:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.cold:q} 2> {log:q}"


rule statistics_tuned:
    input:
        script="scripts/statistics/tuned.py",
        tuned=tuned("tuned.json"),
        trials=datasets("trials.parquet"),
        recorded=rules.statistics_recorded.output.recorded,
    output:
        tuned="results/tables/statistics/tuned.parquet",
        cost="results/tables/statistics/tuned_cost.parquet",
    log:
        "logs/statistics/tuned.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/tuned.py"),
    shell:
        "python -m {params.module} --tuned {input.tuned:q} --trials {input.trials:q}"
        " --recorded {input.recorded:q} --out {output.tuned:q} --out-cost {output.cost:q}"
        " 2> {log:q}"


rule statistics_tuning:
    input:
        script="scripts/statistics/tuning.py",
        runs=tuning_runs(),
    output:
        tuning="results/tables/statistics/tuning.parquet",
        choices="results/tables/statistics/tuning_choices.parquet",
    log:
        "logs/statistics/tuning.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/tuning.py"),
    shell:
        "python -m {params.module} --runs {input.runs:q} --out {output.tuning:q}"
        " --out-choices {output.choices:q} 2> {log:q}"


rule statistics_same_choice:
    input:
        script="scripts/statistics/same_choice.py",
        restarts=rules.tune_restarts.output.restarts,
        choices=rules.statistics_tuning.output.choices,
    output:
        same="results/tables/statistics/same_choice.parquet",
    log:
        "logs/statistics/same_choice.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/same_choice.py"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --restarts {input.restarts:q} --choices {input.choices:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.same:q} 2> {log:q}"
