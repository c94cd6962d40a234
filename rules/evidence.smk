"""Compare the recorded sets of evidence from the runtime's engine with their re-runs."""


rule evidence_tables:
    input:
        script="scripts/evidence/tables.py",
        sets=evidence(),
    output:
        legs="results/tables/evidence/evidence_legs.parquet",
        starts="results/tables/evidence/evidence_starts.parquet",
        comparisons="results/tables/evidence/evidence.parquet",
        premises="results/tables/evidence/evidence_premises.parquet",
        kernels="results/tables/evidence/evidence_kernels.parquet",
        order="results/tables/evidence/evidence_order.parquet",
        answers="results/tables/evidence/evidence_answers.parquet",
        planted="results/tables/evidence/evidence_planted.parquet",
    log:
        "logs/evidence/tables.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/evidence/tables.py"),
        folders=folders("sets"),
        reruns=reruns(),
        out=subpath(output.legs, parent=True),
    shell:
        "python -m {params.module} --sets {params.folders:q} --repeats {params.reruns:q}"
        " --out {params.out:q} 2> {log:q}"


rule evidence:
    input:
        results_of("evidence"),
