"""Decide on the judged datasets: time gaps, paired comparisons, verdicts, rates."""


rule statistics_gaps:
    input:
        script="scripts/statistics/gaps.py",
        triples=rules.corpus_build.output.triples,
    output:
        gaps="results/tables/statistics/gaps.parquet",
    log:
        "logs/statistics/gaps.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/gaps.py"),
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
        finals=judged("finals.parquet"),
        cells=judged("cells.parquet"),
        spec=LOCKED_SPEC,
    output:
        pairwise="results/tables/statistics/pairwise.parquet",
        aa="results/tables/statistics/aa.parquet",
    log:
        "logs/statistics/pairwise.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/pairwise.py"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --finals {input.finals:q} --cells {input.cells:q}"
        " --margin {params.margin:q} --level {params.level:q}"
        " --out {output.pairwise:q} --out-aa {output.aa:q} 2> {log:q}"


rule statistics_verdicts:
    input:
        script="scripts/statistics/verdicts.py",
        replay=rules.transfer_evaluate.output.replay,
        trials=judged("trials.parquet"),
        cells=judged("cells.parquet"),
        pairwise=rules.statistics_pairwise.output.pairwise,
        recorded=rules.statistics_recorded.output.recorded,
        aa=rules.statistics_aa_rates.output.rates,
        spec=LOCKED_SPEC,
    output:
        verdicts="results/tables/statistics/verdicts.parquet",
    log:
        "logs/statistics/verdicts.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/verdicts.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --replay {input.replay:q} --trials {input.trials:q}"
        " --cells {input.cells:q} --pairwise {input.pairwise:q} --recorded {input.recorded:q}"
        " --aa {input.aa:q} --margin {params.margin:q} --out {output.verdicts:q} 2> {log:q}"


rule statistics_aggregate:
    input:
        script="scripts/statistics/aggregate.py",
        verdicts=rules.statistics_verdicts.output.verdicts,
    output:
        rates="results/tables/statistics/rates.parquet",
    log:
        "logs/statistics/aggregate.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/aggregate.py"),
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
        cells=judged("cells.parquet"),
        pairwise=rules.statistics_pairwise.output.pairwise,
        aa=rules.statistics_pairwise.output.aa,
        verdicts=rules.statistics_verdicts.output.verdicts,
    output:
        quality="results/tables/statistics/quality.parquet",
    log:
        "logs/statistics/quality.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/quality.py"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --cells {input.cells:q} --pairwise {input.pairwise:q}"
        " --aa {input.aa:q} --verdicts {input.verdicts:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.quality:q} 2> {log:q}"
