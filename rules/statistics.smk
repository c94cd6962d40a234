"""Decide: time gaps, paired comparisons, verdicts, rates and the quality of known configs."""


rule statistics_gaps:
    input:
        script="scripts/statistics/gaps.py",
        triples=rules.corpus_build.output.triples,
    output:
        gaps="results/tables/gaps.parquet",
    log:
        "logs/statistics/gaps.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --triples {input.triples:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.gaps:q} 2> {log:q}"


rule statistics_pairwise:
    input:
        script="scripts/statistics/pairwise.py",
        finals=measured("finals.parquet"),
        cells=measured("cells.parquet"),
        spec=LOCKED_SPEC,
    output:
        pairwise="results/tables/pairwise.parquet",
        aa="results/tables/aa.parquet",
    log:
        "logs/statistics/pairwise.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --finals {input.finals:q} --cells {input.cells:q}"
        " --margin {params.margin:q} --level {params.level:q}"
        " --out {output.pairwise:q} --out-aa {output.aa:q} 2> {log:q}"


rule statistics_recorded:
    input:
        script="scripts/statistics/recorded.py",
        trials=datasets("trials.parquet"),
        cells=datasets("cells.parquet"),
        compiles=datasets("compiles.parquet"),
        space=measured_spaces(),
    output:
        recorded="results/tables/recorded.parquet",
        binaries="results/tables/binaries.parquet",
    log:
        "logs/statistics/recorded.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --compiles {input.compiles:q} --space {input.space:q}"
        " --out {output.recorded:q} --out-binaries {output.binaries:q} 2> {log:q}"


rule statistics_verdicts:
    input:
        script="scripts/statistics/verdicts.py",
        replay=rules.transfer_replay.output.replay,
        trials=measured("trials.parquet"),
        cells=measured("cells.parquet"),
        pairwise=rules.statistics_pairwise.output.pairwise,
        recorded=rules.statistics_recorded.output.recorded,
        spec=LOCKED_SPEC,
    output:
        verdicts="results/tables/verdicts.parquet",
    log:
        "logs/statistics/verdicts.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --replay {input.replay:q} --trials {input.trials:q}"
        " --cells {input.cells:q} --pairwise {input.pairwise:q} --recorded {input.recorded:q}"
        " --margin {params.margin:q} --out {output.verdicts:q} 2> {log:q}"


rule statistics_aggregate:
    input:
        script="scripts/statistics/aggregate.py",
        verdicts=rules.statistics_verdicts.output.verdicts,
    output:
        rates="results/tables/rates.parquet",
    log:
        "logs/statistics/aggregate.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --verdicts {input.verdicts:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.rates:q} 2> {log:q}"


rule statistics_quality:
    input:
        script="scripts/statistics/quality.py",
        cells=measured("cells.parquet"),
        pairwise=rules.statistics_pairwise.output.pairwise,
        aa=rules.statistics_pairwise.output.aa,
        verdicts=rules.statistics_verdicts.output.verdicts,
    output:
        quality="results/tables/quality.parquet",
    log:
        "logs/statistics/quality.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --cells {input.cells:q} --pairwise {input.pairwise:q}"
        " --aa {input.aa:q} --verdicts {input.verdicts:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.quality:q} 2> {log:q}"


rule statistics_coverage:
    input:
        script="scripts/statistics/coverage.py",
        history=history(),
        shapes=rules.corpus_build.output.shapes,
        recorded=rules.statistics_recorded.output.recorded,
    output:
        coverage="results/tables/coverage.parquet",
    log:
        "logs/statistics/coverage.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        device=lookup(within=config, dpath="space/device"),
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
        trials=first_recordings("trials.parquet"),
        again=second_recordings("trials.parquet"),
        spec=LOCKED_SPEC,
    output:
        spread="results/tables/spread.parquet",
        false_wins="results/tables/false_wins.parquet",
    log:
        "logs/statistics/spread.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --finals {input.finals:q} {input.again_finals:q}"
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
        spec=LOCKED_SPEC,
    output:
        gains="results/tables/gains.parquet",
        rates="results/tables/gain_rates.parquet",
    log:
        "logs/statistics/gains.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --finals {input.finals:q} --cells {input.cells:q}"
        " --recorded {input.recorded:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.gains:q} --out-rates {output.rates:q} 2> {log:q}"


rule statistics_cost:
    input:
        script="scripts/statistics/cost.py",
        costs=costs(),
    output:
        cost="results/tables/cost.parquet",
    log:
        "logs/statistics/cost.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --costs {input.costs:q} --resamples {params.resamples:q}"
        " --level {params.level:q} --seed {params.seed:q} --out {output.cost:q} 2> {log:q}"


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
        repeat="results/tables/repeat.parquet",
    log:
        "logs/statistics/repeat.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --finals {input.finals:q}"
        " --cells {input.cells:q} --again-trials {input.again_trials:q}"
        " --again-finals {input.again_finals:q} --again-cells {input.again_cells:q}"
        " --margin {params.margin:q} --level {params.level:q} --out {output.repeat:q} 2> {log:q}"


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
        verdicts="results/tables/triple_verdicts.parquet",
    log:
        "logs/statistics/triples.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
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
    output:
        breakdowns="results/tables/breakdowns.parquet",
    log:
        "logs/statistics/breakdown.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --gains {input.gains:q}"
        " --coverage {input.coverage:q} --shapes {input.shapes:q} --history {input.history:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.breakdowns:q} 2> {log:q}"


rule statistics_revalidate:
    input:
        script="scripts/statistics/revalidate.py",
        first=first_recordings(*MEASURED),
        second=second_recordings(*MEASURED),
        spec=LOCKED_SPEC,
    output:
        revalidation="results/tables/revalidation.parquet",
        rates="results/tables/revalidation_rates.parquet",
        premises="results/tables/premises.parquet",
    log:
        "logs/statistics/revalidate.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
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
        spec=LOCKED_SPEC,
    output:
        losses="results/tables/losses.parquet",
    log:
        "logs/statistics/losses.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --gains {input.gains:q}"
        " --revalidation {input.revalidation:q} --coverage {input.coverage:q}"
        " --history {input.history:q} --trials {input.trials:q} --runs {input.runs:q}"
        " --space {input.space:q} --margin {params.margin:q} --out {output.losses:q} 2> {log:q}"


rule statistics_headline:
    input:
        script="scripts/statistics/headline.py",
        triples=rules.corpus_build.output.triples,
        verdicts=rules.statistics_triples.output.verdicts,
        gains=rules.statistics_gains.output.gains,
        spread=rules.statistics_spread.output.spread,
        spec=LOCKED_SPEC,
    output:
        headline="results/tables/headline.parquet",
        tests="results/tables/headline_tests.parquet",
    log:
        "logs/statistics/headline.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --triples {input.triples:q} --verdicts {input.verdicts:q}"
        " --gains {input.gains:q} --spread {input.spread:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.headline:q} --out-tests {output.tests:q} 2> {log:q}"


rule statistics_calibration:
    input:
        script="scripts/statistics/calibration.py",
    output:
        study="results/tables/coverage_study.parquet",
    log:
        "logs/statistics/calibration.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        studies=lookup(within=config, dpath="statistics/studies"),
        resamples=lookup(within=config, dpath="statistics/study_resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --studies {params.studies:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.study:q} 2> {log:q}"


rule statistics_searches:
    input:
        script="scripts/statistics/searches.py",
        searches=rules.transfer_evaluate.output.searches,
    output:
        rates="results/tables/search_rates.parquet",
        costs="results/tables/search_costs.parquet",
    log:
        "logs/statistics/searches.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
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
        pairs="results/tables/search_pairs.parquet",
    log:
        "logs/statistics/search_pairs.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
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
        spec=LOCKED_SPEC,
    output:
        verdicts="results/tables/search_verdicts.parquet",
        behind="results/tables/search_behind.parquet",
    log:
        "logs/statistics/search_choices.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=locked("win_margin"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --choices {input.choices:q} --margin {params.margin:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out-verdicts {output.verdicts:q} --out-behind {output.behind:q} 2> {log:q}"


rule statistics:
    input:
        rules.statistics_gaps.output,
        rules.statistics_pairwise.output,
        rules.statistics_verdicts.output,
        rules.statistics_aggregate.output,
        rules.statistics_quality.output,
        rules.statistics_recorded.output,
        rules.statistics_coverage.output,
        rules.statistics_spread.output,
        rules.statistics_gains.output,
        rules.statistics_cost.output,
        rules.statistics_repeat.output,
        rules.statistics_triples.output,
        rules.statistics_breakdown.output,
        rules.statistics_revalidate.output,
        rules.statistics_losses.output,
        rules.statistics_headline.output,
        rules.statistics_calibration.output,
        rules.statistics_searches.output,
        rules.statistics_search_pairs.output,
        rules.statistics_search_choices.output,
