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
        margin=lookup(within=config, dpath="statistics/margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --finals {input.finals:q} --cells {input.cells:q}"
        " --margin {params.margin:q} --level {params.level:q}"
        " --out {output.pairwise:q} --out-aa {output.aa:q} 2> {log:q}"


rule statistics_verdicts:
    input:
        script="scripts/statistics/verdicts.py",
        replay=rules.transfer_replay.output.replay,
        trials=measured("trials.parquet"),
        cells=measured("cells.parquet"),
        pairwise=rules.statistics_pairwise.output.pairwise,
    output:
        verdicts="results/tables/verdicts.parquet",
    log:
        "logs/statistics/verdicts.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=lookup(within=config, dpath="statistics/margin"),
    shell:
        "python -m {params.module} --replay {input.replay:q} --trials {input.trials:q}"
        " --cells {input.cells:q} --pairwise {input.pairwise:q} --margin {params.margin:q}"
        " --out {output.verdicts:q} 2> {log:q}"


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


rule statistics_counts:
    input:
        script="scripts/statistics/counts.py",
        trials=measured("trials.parquet"),
        cells=measured("cells.parquet"),
        compiles=measured("compiles.parquet"),
        space=wanted_space(),
    output:
        counts="results/tables/counts.parquet",
    log:
        "logs/statistics/counts.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --compiles {input.compiles:q} --space {input.space:q}"
        " --out {output.counts:q} 2> {log:q}"


rule statistics_repeat:
    input:
        script="scripts/statistics/repeat.py",
        trials=measured("trials.parquet"),
        pairwise=rules.statistics_pairwise.output.pairwise,
        again_trials=measured_again("trials.parquet"),
        again_finals=measured_again("finals.parquet"),
        again_cells=measured_again("cells.parquet"),
    output:
        repeat="results/tables/repeat.parquet",
    log:
        "logs/statistics/repeat.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("statistics"),
        margin=lookup(within=config, dpath="statistics/margin"),
        level=lookup(within=config, dpath="statistics/level"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --pairwise {input.pairwise:q}"
        " --again-trials {input.again_trials:q} --again-finals {input.again_finals:q}"
        " --again-cells {input.again_cells:q} --margin {params.margin:q}"
        " --level {params.level:q} --out {output.repeat:q} 2> {log:q}"


rule statistics:
    input:
        rules.statistics_gaps.output,
        rules.statistics_pairwise.output,
        rules.statistics_verdicts.output,
        rules.statistics_aggregate.output,
        rules.statistics_quality.output,
        rules.statistics_counts.output,
        rules.statistics_repeat.output,
