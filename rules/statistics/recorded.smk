"""Count and compare the recordings: what is there, how it spreads, what it gains and costs."""


rule statistics_recorded:
    input:
        script="scripts/statistics/recorded.py",
        trials=datasets("trials.parquet"),
        cells=datasets("cells.parquet"),
        compiles=datasets("compiles.parquet"),
        space=measured_spaces(),
    output:
        recorded="results/tables/statistics/recorded.parquet",
        binaries="results/tables/statistics/binaries.parquet",
    log:
        "logs/statistics/recorded.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/recorded.py"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --compiles {input.compiles:q} --space {input.space:q}"
        " --out {output.recorded:q} --out-binaries {output.binaries:q} 2> {log:q}"


rule statistics_coverage:
    input:
        script="scripts/statistics/coverage.py",
        history=history(),
        shapes=rules.corpus_build.output.shapes,
        recorded=rules.statistics_recorded.output.recorded,
    output:
        coverage="results/tables/statistics/coverage.parquet",
    log:
        "logs/statistics/coverage.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/coverage.py"),
        device=measured_devices(),
    shell:
        "python -m {params.module} --history {input.history:q} --shapes {input.shapes:q}"
        " --recorded {input.recorded:q} --device {params.device:q}"
        " --out {output.coverage:q} 2> {log:q}"


rule statistics_spread:
    input:
        script="scripts/statistics/spread.py",
        finals=datasets("finals.parquet"),
        recorded=rules.statistics_recorded.output.recorded,
        again_finals=second_recordings("finals.parquet"),
        study=study("finals.parquet"),
        fresh=fresh("finals.parquet"),
        trials=first_recordings("trials.parquet"),
        again=second_recordings("trials.parquet"),
        spec=LOCKED_SPEC,
    output:
        spread="results/tables/statistics/spread.parquet",
        false_wins="results/tables/statistics/false_wins.parquet",
    log:
        "logs/statistics/spread.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/spread.py"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --finals {input.finals:q} {input.again_finals:q}"
        " {input.study:q} {input.fresh:q}"
        " --recorded {input.recorded:q} --trials {input.trials:q} --again {input.again:q}"
        " --margin {params.margin:q} --resamples {params.resamples:q}"
        " --level {params.level:q} --seed {params.seed:q} --out {output.spread:q}"
        " --out-false-wins {output.false_wins:q} 2> {log:q}"


rule statistics_gains:
    input:
        script="scripts/statistics/gains.py",
        finals=datasets("finals.parquet"),
        cells=datasets("cells.parquet"),
        recorded=rules.statistics_recorded.output.recorded,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        gains="results/tables/statistics/gains.parquet",
        rates="results/tables/statistics/gain_rates.parquet",
    log:
        "logs/statistics/gains.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/gains.py"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --finals {input.finals:q} --cells {input.cells:q}"
        " --recorded {input.recorded:q} --aa {input.aa:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.gains:q} --out-rates {output.rates:q} 2> {log:q}"


rule statistics_cost:
    input:
        script="scripts/statistics/cost.py",
        costs=costs(),
        trials=datasets("trials.parquet"),
        runs=datasets("runs.json"),
        models=recorded_models(),
        recorded=rules.statistics_recorded.output.recorded,
        coverage=rules.statistics_coverage.output.coverage,
        space=measured_spaces(),
    output:
        cost="results/tables/statistics/cost.parquet",
        cells="results/tables/statistics/cost_cells.parquet",
        recordings="results/tables/statistics/cost_recordings.parquet",
        training="results/tables/statistics/cost_training.parquet",
    log:
        "logs/statistics/cost.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/cost.py"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --costs {input.costs:q} --trials {input.trials:q}"
        " --runs {input.runs:q} --models {input.models:q} --recorded {input.recorded:q}"
        " --coverage {input.coverage:q} --space {input.space:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.cost:q} --out-cells {output.cells:q}"
        " --out-recordings {output.recordings:q} --out-training {output.training:q} 2> {log:q}"


rule statistics_repeat:
    input:
        script="scripts/statistics/repeat.py",
        trials=first_recordings("trials.parquet"),
        finals=first_recordings("finals.parquet"),
        cells=first_recordings("cells.parquet"),
        again_trials=second_recordings("trials.parquet"),
        again_finals=second_recordings("finals.parquet"),
        again_cells=second_recordings("cells.parquet"),
        spec=LOCKED_SPEC,
    output:
        repeat="results/tables/statistics/repeat.parquet",
    log:
        "logs/statistics/repeat.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/repeat.py"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --finals {input.finals:q}"
        " --cells {input.cells:q} --again-trials {input.again_trials:q}"
        " --again-finals {input.again_finals:q} --again-cells {input.again_cells:q}"
        " --margin {params.margin:q} --level {params.level:q} --out {output.repeat:q} 2> {log:q}"
