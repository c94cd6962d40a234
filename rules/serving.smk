"""What configs are worth to who serves: by the engine, predicted from the operator, replayed."""


rule serving_engine:
    input:
        script="scripts/serving/engine.py",
        journals=engine_journals(),
    output:
        boots="results/tables/serving/engine_boots.parquet",
        faults="results/tables/serving/engine_faults.parquet",
        steps="results/tables/serving/engine_steps.parquet",
        ratios="results/tables/serving/engine_ratios.parquet",
        outputs="results/tables/serving/engine_outputs.parquet",
        served="results/tables/serving/engine_served.parquet",
    log:
        "logs/serving/engine.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/serving/engine.py"),
    shell:
        "python -m {params.module} --journals {input.journals:q} --out-boots {output.boots:q}"
        " --out-faults {output.faults:q} --out-steps {output.steps:q}"
        " --out-ratios {output.ratios:q}"
        " --out-outputs {output.outputs:q} --out-served {output.served:q} 2> {log:q}"


rule serving_bench:
    input:
        script="scripts/serving/bench.py",
        journals=engine_journals(),
    output:
        bench="results/tables/serving/engine_bench.parquet",
        ratios="results/tables/serving/bench_ratios.parquet",
    log:
        "logs/serving/bench.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/serving/bench.py"),
    shell:
        "python -m {params.module} --journals {input.journals:q} --out {output.bench:q}"
        " --out-ratios {output.ratios:q} 2> {log:q}"


rule serving_law:
    input:
        script="scripts/serving/law.py",
        ratios=rules.serving_engine.output.ratios,
        journals=engine_journals(),
        op=under_op("cells.parquet", "finals.parquet"),
    output:
        law="results/tables/serving/law.parquet",
    log:
        "logs/serving/law.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/serving/law.py"),
        op=folders("op"),
    shell:
        "python -m {params.module} --ratios {input.ratios:q} --journals {input.journals:q}"
        " --op {params.op:q} --out {output.law:q} 2> {log:q}"


rule serving_replay:
    input:
        script="scripts/serving/replay.py",
        op=under_op("cells.parquet", "finals.parquet"),
    output:
        replay="results/tables/serving/replay.parquet",
    log:
        "logs/serving/replay.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/serving/replay.py"),
        op=folders("op"),
        steps=lookup(within=config, dpath="serving/steps"),
        concurrency=lookup(within=config, dpath="serving/concurrency"),
        budget=lookup(within=config, dpath="serving/budget"),
        prompt=lookup(within=config, dpath="serving/input"),
        output=lookup(within=config, dpath="serving/output"),
        seed=lookup(within=config, dpath="serving/seed"),
    shell:
        "python -m {params.module} --op {params.op:q} --steps {params.steps:q}"
        " --concurrency {params.concurrency:q} --budget {params.budget:q}"
        " --input {params.prompt:q} --output {params.output:q} --seed {params.seed:q}"
        " --out {output.replay:q} 2> {log:q}"


rule serving:
    input:
        results_of("serving"),
