"""Write config files for the runtimes, and measured cells in the formats of other tools."""


rule export_t4:
    input:
        script="scripts/export/t4.py",
        trials=judged("trials.parquet"),
        cells=judged("cells.parquet"),
        runs=judged("runs.json"),
    output:
        expand(
            "results/t4/{cell}/{name}.json",
            cell=lookup(within=config, dpath="export/cells"),
            name=["cache", "metadata", "results"],
        ),
    log:
        "logs/export/t4.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/export/t4.py"),
        cells=lookup(within=config, dpath="export/cells"),
        folder=subpath(output[0], ancestor=4),
    shell:
        "python -m {params.module} --trials {input.trials:q} --cells {input.cells:q}"
        " --runs {input.runs:q} --cell {params.cells:q} --out {params.folder:q} 2> {log:q}"


rule export_configs:
    input:
        script="scripts/export/configs.py",
        tuned=tuned("tuned.json"),
        op=under_op("cells.parquet", "finals.parquet"),
    output:
        folder=directory("results/configs"),
    log:
        "logs/export/configs.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/export/configs.py"),
        op=folders("op"),
    shell:
        "python -m {params.module} --tuned {input.tuned:q} --op {params.op:q}"
        " --out {output.folder:q} 2> {log:q}"


rule export_proposals:
    input:
        script="scripts/export/proposals.py",
        health=rules.statistics_health.output.health,
        runs=under_op("runs.json"),
        said=said_by_loaders(),
    output:
        folder=directory("results/proposals"),
    log:
        "logs/export/proposals.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/export/proposals.py"),
    shell:
        "python -m {params.module} --health {input.health:q} --runs {input.runs:q}"
        " --said {input.said:q} --out {output.folder:q} 2> {log:q}"


rule export:
    input:
        results_of("export"),
