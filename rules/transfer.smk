"""Name configs for the target GPU, then replay every search on the recorded trials."""


rule transfer_propose:
    input:
        script="scripts/transfer/propose.py",
        history=history(),
        space=wanted_space(),
    output:
        proposals="results/tables/transfer/proposals.parquet",
    log:
        "logs/transfer/propose.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/transfer/propose.py"),
        device=lookup(within=config, dpath="space/device"),
        shapes=lookup(within=config, dpath="transfer/shapes"),
    shell:
        "python -m {params.module} --history {input.history:q} --space {input.space:q}"
        " --device {params.device:q} --shapes {params.shapes:q}"
        " --out {output.proposals:q} 2> {log:q}"


rule transfer_evaluate:
    input:
        script="scripts/transfer/evaluate.py",
        trials=replayed("trials.parquet"),
        cells=replayed("cells.parquet"),
        spaces=measured_spaces(),
        history=history(),
        predictions=rules.sim_evaluate.output.held_out,
        rivals=rivals(),
        spec=LOCKED_SPEC,
    output:
        searches="results/tables/transfer/searches.parquet",
        choices="results/tables/transfer/search_choices.parquet",
        replay="results/tables/transfer/replay.parquet",
    log:
        "logs/transfer/evaluate.log",
    priority: 5
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/transfer/evaluate.py"),
        seeds=lookup(within=config, dpath="transfer/seeds"),
        seed=lookup(within=config, dpath="transfer/seed"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --spaces {input.spaces:q} --history {input.history:q}"
        " --predictions {input.predictions:q} --rivals {input.rivals:q}"
        " --seeds {params.seeds:q} --margin {params.margin:q} --seed {params.seed:q}"
        " --processes {threads} --out {output.searches:q}"
        " --out-choices {output.choices:q} --out-replay {output.replay:q} 2> {log:q}"


rule transfer_family_out:
    input:
        script="scripts/transfer/evaluate.py",
        trials=complete("trials.parquet"),
        cells=complete("cells.parquet"),
        spaces=measured_spaces(),
        history=history(),
        predictions=rules.sim_family_out.output.held_out,
        shapes=rules.corpus_build.output.shapes,
        spec=LOCKED_SPEC,
    output:
        searches="results/tables/transfer/searches_family_out.parquet",
        choices="results/tables/transfer/search_choices_family_out.parquet",
    log:
        "logs/transfer/family_out.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/transfer/evaluate.py"),
        seeds=lookup(within=config, dpath="transfer/seeds"),
        seed=lookup(within=config, dpath="transfer/seed"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --spaces {input.spaces:q} --history {input.history:q}"
        " --predictions {input.predictions:q} --few --teaching family_out --shapes {input.shapes:q}"
        " --seeds {params.seeds:q} --margin {params.margin:q} --seed {params.seed:q}"
        " --processes {threads} --out {output.searches:q}"
        " --out-choices {output.choices:q} 2> {log:q}"


rule transfer_gpu_out:
    input:
        script="scripts/transfer/evaluate.py",
        trials=complete("trials.parquet"),
        cells=complete("cells.parquet"),
        spaces=measured_spaces(),
        history=history(),
        predictions=rules.sim_gpu_out.output.held_out,
        spec=LOCKED_SPEC,
    output:
        searches="results/tables/transfer/searches_gpu_out.parquet",
        choices="results/tables/transfer/search_choices_gpu_out.parquet",
    log:
        "logs/transfer/gpu_out.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/transfer/evaluate.py"),
        seeds=lookup(within=config, dpath="transfer/seeds"),
        seed=lookup(within=config, dpath="transfer/seed"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --spaces {input.spaces:q} --history {input.history:q}"
        " --predictions {input.predictions:q} --few --teaching gpu_out"
        " --seeds {params.seeds:q} --margin {params.margin:q} --seed {params.seed:q}"
        " --processes {threads} --out {output.searches:q}"
        " --out-choices {output.choices:q} 2> {log:q}"


rule transfer:
    input:
        results_of("transfer"),
