"""Put tuners to the test on recorded trials: the noise, steadiness, injected faults, the grid."""


rule audit_noise:
    input:
        script="scripts/audit/noise.py",
        fresh=fresh("finals.parquet", teachings=[LAYER_OUT]),
        fixed=complete("finals.parquet"),
    output:
        noise="results/tables/audit/noise.parquet",
    log:
        "logs/audit/noise.log",
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/audit/noise.py"),
    shell:
        "python -m {params.module} --fresh {input.fresh:q} --fixed {input.fixed:q}"
        " --out {output.noise:q} 2> {log:q}"


rule audit_steady:
    input:
        script="scripts/audit/steady.py",
        trials=complete("trials.parquet"),
        cells=complete("cells.parquet"),
        spaces=measured_spaces(),
        noise=rules.audit_noise.output.noise,
        predictions=rules.sim_evaluate.output.held_out,
    output:
        steady="results/tables/audit/steady.parquet",
        rates="results/tables/audit/steady_rates.parquet",
        split="results/tables/audit/steady_split.parquet",
    log:
        "logs/audit/steady.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/audit/steady.py"),
        restarts=lookup(within=config, dpath="audit/restarts"),
        seed=lookup(within=config, dpath="audit/seed"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --spaces {input.spaces:q} --noise {input.noise:q}"
        " --predictions {input.predictions:q} --restarts {params.restarts:q}"
        " --seed {params.seed:q} --processes {threads} --out {output.steady:q}"
        " --out-rates {output.rates:q} --out-split {output.split:q} 2> {log:q}"


rule audit_injected:
    input:
        script="scripts/audit/injected.py",
        trials=complete("trials.parquet"),
        cells=complete("cells.parquet"),
        spaces=measured_spaces(),
        noise=rules.audit_noise.output.noise,
    output:
        injected="results/tables/audit/injected.parquet",
        split="results/tables/audit/injected_split.parquet",
    log:
        "logs/audit/injected.log",
    priority: 3
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/audit/injected.py", "scripts/audit/probes"),
        clean=lookup(within=config, dpath="audit/clean"),
        runs=lookup(within=config, dpath="audit/runs"),
        seed=lookup(within=config, dpath="audit/seed"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --spaces {input.spaces:q} --noise {input.noise:q}"
        " --clean {params.clean:q} --runs {params.runs:q} --seed {params.seed:q}"
        " --processes {threads} --out {output.injected:q}"
        " --out-split {output.split:q} 2> {log:q}"


rule audit_real:
    input:
        script="scripts/audit/real.py",
        trials=complete("trials.parquet"),
        cells=complete("cells.parquet"),
        spaces=measured_spaces(),
        noise=rules.audit_noise.output.noise,
        history=history(),
        predictions=rules.sim_evaluate.output.held_out,
        spec=LOCKED_SPEC,
    output:
        grid="results/tables/audit/grid.parquet",
        findings="results/tables/audit/findings.parquet",
    log:
        "logs/audit/real.log",
    priority: 4
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        code=code("scripts/audit/real.py", "scripts/audit/probes"),
        layers=lookup(within=config, dpath="audit/layers"),
        restarts=lookup(within=config, dpath="audit/restarts"),
        margin=locked("win_margin"),
        seed=lookup(within=config, dpath="audit/seed"),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --spaces {input.spaces:q} --noise {input.noise:q} --history {input.history:q}"
        " --predictions {input.predictions:q} --layers {params.layers:q}"
        " --repeats {params.restarts:q} --margin {params.margin:q} --seed {params.seed:q}"
        " --processes {threads} --out-grid {output.grid:q}"
        " --out-findings {output.findings:q} 2> {log:q}"


rule audit_live:
    input:
        script="scripts/audit/live/results.py",
        ledgers=audits(),
        before=audits_before(),
    output:
        grid="results/tables/audit/live_grid.parquet",
        picks="results/tables/audit/live_picks.parquet",
        pooled="results/tables/audit/live_pooled.parquet",
        apart="results/tables/audit/live_apart.parquet",
        shapes="results/tables/audit/live_shapes.parquet",
        findings="results/tables/audit/live_findings.parquet",
    log:
        "logs/audit/live.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/audit/live/results.py", "scripts/audit/probes"),
        margin=locked("win_margin"),
    shell:
        "python -m {params.module} --ledgers {input.ledgers:q} --before {input.before:q}"
        " --margin {params.margin:q} --out-grid {output.grid:q} --out-picks {output.picks:q}"
        " --out-pooled {output.pooled:q} --out-apart {output.apart:q}"
        " --out-shapes {output.shapes:q} --out-findings {output.findings:q} 2> {log:q}"


rule audit:
    input:
        results_of("audit"),
