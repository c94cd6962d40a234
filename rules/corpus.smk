"""Pair up the devices: triples, shapes and counts from the mined history."""


rule corpus_build:
    input:
        script="scripts/corpus/build.py",
        history=history(),
        models=lookup(within=config, dpath="corpus/models"),
    output:
        triples="results/tables/corpus/triples.parquet",
        pairs="results/tables/corpus/pairs.parquet",
        shapes="results/tables/corpus/shapes.parquet",
        sizes="results/tables/corpus/models.json",
    log:
        "logs/corpus/build.log",
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/corpus/build.py"),
    shell:
        "python -m {params.module} --history {input.history:q} --models {input.models:q}"
        " --out-triples {output.triples:q} --out-pairs {output.pairs:q}"
        " --out-shapes {output.shapes:q} --out-models {output.sizes:q} 2> {log:q}"


rule corpus_across:
    input:
        script="scripts/corpus/across.py",
        history=history(),
        sglang=source("mine", "sglang_history.parquet"),
    output:
        runtimes="results/tables/corpus/runtimes.parquet",
        rejected="results/tables/corpus/rejected.parquet",
        across="results/tables/corpus/across.parquet",
        arrivals="results/tables/corpus/arrivals.parquet",
        rates="results/tables/corpus/arrival_rates.parquet",
    log:
        "logs/corpus/across.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/corpus/across.py"),
        out=subpath(output.runtimes, parent=True),
    shell:
        "python -m {params.module} --history {input.history:q} --sglang {input.sglang:q}"
        " --out {params.out:q} 2> {log:q}"


rule corpus_recordings:
    input:
        script="scripts/corpus/recordings.py",
        registry="data/recordings.yaml",
    output:
        recordings="results/tables/corpus/recordings.json",
    log:
        "logs/corpus/recordings.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/corpus/recordings.py"),
    shell:
        "python -m {params.module} --registry {input.registry:q}"
        " --out {output.recordings:q} 2> {log:q}"


rule corpus:
    input:
        results_of("corpus"),
