"""Compile the config spaces of GPUs that need not be there, and say what is legal on each."""


rule space_compile:
    input:
        script="scripts/space/compile.py",
        history=history(),
    output:
        [f"build/live/{name}" for name in compiled_names()],
    log:
        "logs/space/compile.log",
    conda:
        "../envs/analysis.yaml"
    threads: 1024  # all there are
    params:
        module=as_py_module(),
        code=code("scripts/space/compile.py"),
        targets=targets(),
        committed=branch(
            lookup(within=config, dpath="space/all_committed"),
            then="--all-committed",
            otherwise="",
        ),
        cache="build/live/space-cache.jsonl",
        folder=subpath(output[0], parent=True),
    shell:
        "python -m {params.module} --target {params.targets:q} {params.committed}"
        " --history {input.history:q} --cache {params.cache:q} --processes {threads}"
        " --out {params.folder:q} 2> {log:q}"


rule space_enumerate:
    input:
        script="scripts/space/enumerate.py",
        compiled=compiled(),
    output:
        space=spaces(),
    log:
        "logs/space/enumerate.log",
    priority: 5
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/space/enumerate.py"),
        targets=targets(),
        folder=subpath(output[0], parent=True),
    shell:
        "python -m {params.module} --target {params.targets:q} --compiled {input.compiled:q}"
        " --out {params.folder:q} 2> {log:q}"


rule space_counts:
    input:
        script="scripts/space/counts.py",
        spaces=rules.space_enumerate.output.space,
        compiled=compiled(),
    output:
        counts="results/tables/space/space_counts.parquet",
        sample="results/tables/space/space_sample.parquet",
    log:
        "logs/space/counts.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/space/counts.py"),
    shell:
        "python -m {params.module} --spaces {input.spaces:q} --compiled {input.compiled:q}"
        " --out {output.counts:q} --out-sample {output.sample:q} 2> {log:q}"


rule space_legality:
    input:
        script="scripts/space/legality.py",
        history=history(),
        triples=rules.corpus_build.output.triples,
        shapes=rules.corpus_build.output.shapes,
        compiled=compiled(),
    output:
        legality="results/tables/space/legality.parquet",
        triples="results/tables/space/triples_legality.parquet",
    log:
        "logs/space/legality.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/space/legality.py"),
        devices=sorted(lookup(within=config, dpath="space/targets")),
        source=lookup(within=config, dpath="space/triples_source"),
        target=lookup(within=config, dpath="space/triples_target"),
    shell:
        "python -m {params.module} --devices {params.devices:q} --source {params.source:q}"
        " --destination {params.target:q} --history {input.history:q}"
        " --triples {input.triples:q} --shapes {input.shapes:q}"
        " --compiled {input.compiled:q} --out {output.legality:q}"
        " --out-triples {output.triples:q} 2> {log:q}"


rule space:
    input:
        results_of("space"),
