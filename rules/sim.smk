"""Judge graphx-sim on what it never saw, fit it to recorded trials, predict what is not there."""


rule sim_evaluate:
    input:
        script="scripts/sim/evaluate.py",
        trials=complete("trials.parquet"),
        again=complete_again("trials.parquet"),
        space=rules.space_enumerate.output.space,
    output:
        cells="results/tables/sim/sim_cells.parquet",
        rates="results/tables/sim/sim_rates.parquet",
        calibration="results/tables/sim/sim_calibration.parquet",
        held_out="results/tables/sim/sim_held_out.parquet",
    log:
        "logs/sim/evaluate.log",
    priority: 5
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/sim/evaluate.py"),
        seed=lookup(within=config, dpath="sim/seed"),
        folder=subpath(output.cells, parent=True),
    shell:
        "python -m {params.module} --trials {input.trials:q} --again {input.again:q}"
        " --space {input.space:q} --seed {params.seed:q} --processes {threads}"
        " --out {params.folder:q} 2> {log:q}"


rule sim_family_out:
    input:
        script="scripts/sim/evaluate.py",
        trials=complete("trials.parquet"),
        again=complete_again("trials.parquet"),
        space=rules.space_enumerate.output.space,
        shapes=rules.corpus_build.output.shapes,
    output:
        cells="results/tables/sim/family_out/sim_cells.parquet",
        rates="results/tables/sim/family_out/sim_rates.parquet",
        calibration="results/tables/sim/family_out/sim_calibration.parquet",
        held_out="results/tables/sim/family_out/sim_held_out.parquet",
    log:
        "logs/sim/family_out.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/sim/evaluate.py"),
        seed=lookup(within=config, dpath="sim/seed"),
        folder=subpath(output.cells, parent=True),
    shell:
        "python -m {params.module} --trials {input.trials:q} --again {input.again:q}"
        " --space {input.space:q} --teaching family_out --shapes {input.shapes:q}"
        " --seed {params.seed:q} --processes {threads} --out {params.folder:q} 2> {log:q}"


rule sim_gpu_out:
    input:
        script="scripts/sim/evaluate.py",
        trials=complete("trials.parquet"),
        again=complete_again("trials.parquet"),
        space=rules.space_enumerate.output.space,
    output:
        cells="results/tables/sim/gpu_out/sim_cells.parquet",
        rates="results/tables/sim/gpu_out/sim_rates.parquet",
        calibration="results/tables/sim/gpu_out/sim_calibration.parquet",
        held_out="results/tables/sim/gpu_out/sim_held_out.parquet",
    log:
        "logs/sim/gpu_out.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/sim/evaluate.py"),
        seed=lookup(within=config, dpath="sim/seed"),
        folder=subpath(output.cells, parent=True),
    shell:
        "python -m {params.module} --trials {input.trials:q} --again {input.again:q}"
        " --space {input.space:q} --teaching gpu_out"
        " --seed {params.seed:q} --processes {threads} --out {params.folder:q} 2> {log:q}"


rule sim_errors:
    input:
        script="scripts/sim/errors.py",
        layer_out=rules.sim_evaluate.output.cells,
        family_out=rules.sim_family_out.output.cells,
        whole=complete("trials.parquet"),
        few=corpora("trials.parquet"),
        models=recorded_models(),
        space=rules.space_enumerate.output.space,
        shapes=rules.corpus_build.output.shapes,
    output:
        errors="results/tables/sim/sim_errors.parquet",
    log:
        "logs/sim/errors.log",
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/sim/errors.py"),
    shell:
        "python -m {params.module} --held-out layer_out {input.layer_out:q}"
        " --held-out family_out {input.family_out:q} --whole {input.whole:q} --few {input.few:q}"
        " --models {input.models:q} --shapes {input.shapes:q} --space {input.space:q}"
        " --out {output.errors:q} 2> {log:q}"


rule sim_fit:
    input:
        script="scripts/sim/fit.py",
        trials=complete("trials.parquet"),
        space=rules.space_enumerate.output.space,
        errors=rules.sim_errors.output.errors,
    output:
        model="results/sim/model.json",
    log:
        "logs/sim/fit.log",
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/sim/fit.py"),
        seed=lookup(within=config, dpath="sim/seed"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --space {input.space:q}"
        " --errors {input.errors:q} --seed {params.seed:q} --out {output.model:q} 2> {log:q}"


rule sim_flywheel:
    input:
        script="scripts/sim/flywheel.py",
        trials=complete("trials.parquet"),
    output:
        flywheel="results/sim/flywheel.jsonl",
    log:
        "logs/sim/flywheel.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/sim/flywheel.py"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --out {output.flywheel:q} 2> {log:q}"


rule sim_triples:
    input:
        script="scripts/sim/triples.py",
        model=rules.sim_fit.output.model,
        legality=rules.space_legality.output.triples,
        space=rules.space_enumerate.output.space,
    output:
        triples="results/tables/sim/triples_predicted.parquet",
    log:
        "logs/sim/triples.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/sim/triples.py"),
    shell:
        "python -m {params.module} --model {input.model:q} --legality {input.legality:q}"
        " --space {input.space:q} --out {output.triples:q} 2> {log:q}"


rule sim:
    input:
        results_of("sim"),
