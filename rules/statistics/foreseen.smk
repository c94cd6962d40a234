"""Predictions for GPUs that nobody recorded, held against what was committed for them."""


rule statistics_foreseen:
    input:
        script="scripts/statistics/foreseen.py",
        places=rules.catalogue_foreseen.output.places,
        parts=rules.catalogue_foreseen.output.parts,
    output:
        foreseen="results/tables/statistics/foreseen.parquet",
    log:
        "logs/statistics/foreseen.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/statistics/foreseen.py"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
        level=lookup(within=config, dpath="statistics/level"),
        seed=lookup(within=config, dpath="statistics/seed"),
    shell:
        "python -m {params.module} --places {input.places:q} --parts {input.parts:q}"
        " --resamples {params.resamples:q} --level {params.level:q} --seed {params.seed:q}"
        " --out {output.foreseen:q} 2> {log:q}"
