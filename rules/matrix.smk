"""Judge the recorded matrices of an engine's switches, and write their pages."""


rule matrix_judge:
    input:
        script="scripts/matrix/judge.py",
        records=matrices(),
        earlier=earlier_matrices(),
        slowed=slowed_matrices(),
    output:
        cells="results/tables/matrix/matrix_cells.parquet",
        levels="results/tables/matrix/matrix_levels.parquet",
        numbers="results/tables/matrix/matrix_numbers.parquet",
        features="results/tables/matrix/matrix_features.parquet",
        kernels="results/tables/matrix/matrix_kernels.parquet",
        steps="results/tables/matrix/matrix_steps.parquet",
        checks="results/tables/matrix/matrix_checks.parquet",
        compared="results/tables/matrix/matrix_compared.parquet",
        slowed="results/tables/matrix/matrix_slowed.parquet",
        runs="results/tables/matrix/matrix_runs.json",
    log:
        "logs/matrix/judge.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/matrix/judge.py"),
        out=subpath(output.runs, parent=True),
    shell:
        "python -m {params.module} --record {input.records:q} --earlier {input.earlier:q}"
        " --slowed {input.slowed:q} --out {params.out:q} 2> {log:q}"


rule matrix_pages:
    input:
        script="scripts/matrix/pages/write.py",
        tables=[
            rules.matrix_judge.output.cells,
            rules.matrix_judge.output.levels,
            rules.matrix_judge.output.numbers,
            rules.matrix_judge.output.features,
            rules.matrix_judge.output.kernels,
            rules.matrix_judge.output.steps,
            rules.matrix_judge.output.checks,
            rules.matrix_judge.output.compared,
        ],
        runs=rules.matrix_judge.output.runs,
        switches="data/matrix/switches.yaml",
        targets="data/matrix/targets.yaml",
    output:
        first="results/matrix/FEATURE_MATRIX.md",
        others=matrix_pages()[1:],
    log:
        "logs/matrix/pages.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/matrix/pages/write.py"),
        out=subpath(output.first, parent=True),
    shell:
        "python -m {params.module} --tables {input.tables:q} --runs {input.runs:q}"
        " --switches {input.switches:q} --targets {input.targets:q} --out {params.out:q} 2> {log:q}"


rule matrix:
    input:
        results_of("matrix"),
