"""Judge every triple into the measured GPU: verdicts, classes, losses, what stands, the headline."""


rule statistics_triples:
    input:
        script="scripts/statistics/triples.py",
        triples=rules.corpus_build.output.triples,
        shapes=rules.corpus_build.output.shapes,
        trials=copies("trials.parquet"),
        cells=copies("cells.parquet"),
        finals=copies("finals.parquet"),
        spec=LOCKED_SPEC,
    output:
        verdicts="results/tables/statistics/triple_verdicts.parquet",
    log:
        "logs/statistics/triples.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/triples.py"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --shapes {input.shapes:q}"
        " --trials {input.trials:q} --cells {input.cells:q} --finals {input.finals:q}"
        " --margin {params.margin:q} --level {params.level:q} --out {output.verdicts:q} 2> {log:q}"


rule statistics_breakdown:
    input:
        script="scripts/statistics/breakdown.py",
        triples=rules.statistics_triples.output.verdicts,
        gains=rules.statistics_gains.output.gains,
        coverage=rules.statistics_coverage.output.coverage,
        shapes=rules.corpus_build.output.shapes,
        history=history(),
        live=rules.tune_live.output.live,
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        breakdowns="results/tables/statistics/breakdowns.parquet",
    log:
        "logs/statistics/breakdown.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/breakdown.py"),
        searched=searched_in(LAYER_OUT),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --gains {input.gains:q}"
        " --coverage {input.coverage:q} --shapes {input.shapes:q} --history {input.history:q}"
        " --live {input.live:q} --states {input.states:q} --aa {input.aa:q}"
        " {params.searched:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.breakdowns:q} 2> {log:q}"


rule statistics_revalidate:
    input:
        script="scripts/statistics/revalidate.py",
        first=first_recordings(*MEASURED),
        second=second_recordings(*MEASURED),
        spec=LOCKED_SPEC,
    output:
        revalidation="results/tables/statistics/revalidation.parquet",
        rates="results/tables/statistics/revalidation_rates.parquet",
        premises="results/tables/statistics/premises.parquet",
    log:
        "logs/statistics/revalidate.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/revalidate.py"),
        first=folders("first"),
        second=folders("second"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --first {params.first:q} --second {params.second:q}"
        " --margin {params.margin:q} --resamples {params.resamples:q}"
        " --level {params.level:q} --seed {params.seed:q} --out {output.revalidation:q}"
        " --out-rates {output.rates:q} --out-premises {output.premises:q} 2> {log:q}"


rule statistics_losses:
    input:
        script="scripts/statistics/losses.py",
        gains=rules.statistics_gains.output.gains,
        revalidation=rules.statistics_revalidate.output.revalidation,
        coverage=rules.statistics_coverage.output.coverage,
        history=history(),
        trials=datasets("trials.parquet"),
        runs=datasets("runs.json"),
        space=measured_spaces(),
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        losses="results/tables/statistics/losses.parquet",
    log:
        "logs/statistics/losses.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/losses.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --gains {input.gains:q}"
        " --revalidation {input.revalidation:q} --coverage {input.coverage:q}"
        " --history {input.history:q} --trials {input.trials:q} --runs {input.runs:q}"
        " --space {input.space:q} --aa {input.aa:q} --margin {params.margin:q}"
        " --out {output.losses:q} 2> {log:q}"


rule statistics_headline:
    input:
        script="scripts/statistics/headline.py",
        triples=rules.corpus_build.output.triples,
        verdicts=rules.statistics_triples.output.verdicts,
        gains=rules.statistics_gains.output.gains,
        live=rules.tune_live.output.live,
        spread=rules.statistics_spread.output.spread,
        states=rules.statistics_states.output.states,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        headline="results/tables/statistics/headline.parquet",
        tests="results/tables/statistics/headline_tests.parquet",
    log:
        "logs/statistics/headline.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/headline.py"),
        searched=searched_in(LAYER_OUT),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --verdicts {input.verdicts:q}"
        " --gains {input.gains:q} --live {input.live:q} --spread {input.spread:q}"
        " --states {input.states:q} --aa {input.aa:q} {params.searched:q}"
        " --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.headline:q} --out-tests {output.tests:q} 2> {log:q}"


rule statistics_calibration:
    input:
        script="scripts/statistics/calibration.py",
    output:
        study="results/tables/statistics/coverage_study.parquet",
    log:
        "logs/statistics/calibration.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/calibration.py"),
        studies=lookup(within=config, dpath="statistics/studies"),
        resamples=lookup(within=config, dpath="statistics/study_resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --studies {params.studies:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.study:q} 2> {log:q}"
