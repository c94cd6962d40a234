"""Read what searches on the GPU itself chose; tune a recorded layer again and again."""


rule tune_live:
    input:
        script="scripts/tune/live.py",
        ledgers=study_ledgers(LAYER_OUT),
        fresh=fresh("finals.parquet", teachings=[LAYER_OUT]),
        history=history(),
        spec=LOCKED_SPEC,
    output:
        live="results/tables/tune/live.parquet",
    log:
        "logs/tune/live.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/tune/live.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --ledger {input.ledgers:q} --history {input.history:q}"
        " --fresh {input.fresh:q} --margin {params.margin:q} --out {output.live:q} 2> {log:q}"


rule tune_cold:
    input:
        script="scripts/tune/cold.py",
        ledgers=study_ledgers(GPU_OUT),
        fresh=fresh("finals.parquet", teachings=[GPU_OUT]),
        history=history(),
        spec=LOCKED_SPEC,
    output:
        live="results/tables/tune/cold_committed.parquet",
        default="results/tables/tune/cold_default.parquet",
        found="results/tables/tune/cold_found.parquet",
    log:
        "logs/tune/cold.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/tune/cold.py"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --ledger {input.ledgers:q} --history {input.history:q}"
        " --fresh {input.fresh:q} --margin {params.margin:q} --out-live {output.live:q}"
        " --out-default {output.default:q} --out-found {output.found:q} 2> {log:q}"


rule tune_restarts:
    input:
        script="scripts/tune/restarts.py",
        trials=complete("trials.parquet"),
        cells=complete("cells.parquet"),
        finals=complete("finals.parquet"),
        spaces=measured_spaces(),
        history=history(),
        predictions=rules.sim_evaluate.output.held_out,
        spec=LOCKED_SPEC,
    output:
        restarts="results/tables/tune/restarts.parquet",
    log:
        "logs/tune/restarts.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/tune/restarts.py"),
        shapes=lookup(within=config, dpath="tune/shapes"),
        restarts=lookup(within=config, dpath="tune/restarts"),
        budget=lookup(within=config, dpath="tune/budget"),
        seed=lookup(within=config, dpath="transfer/seed"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --shapes {params.shapes:q} --restarts {params.restarts:q}"
        " --trials {input.trials:q} --cells {input.cells:q} --finals {input.finals:q}"
        " --spaces {input.spaces:q} --history {input.history:q}"
        " --predictions {input.predictions:q} --budget {params.budget:q}"
        " --margin {params.margin:q} --seed {params.seed:q} --out {output.restarts:q} 2> {log:q}"


rule tune:
    input:
        results_of("tune"),
