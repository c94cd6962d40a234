"""Enumerate the config space of a GPU and mark what the GPU cannot hold."""


rule space_enumerate:
    input:
        script="scripts/space/enumerate.py",
    output:
        space="results/tables/space.parquet",
    log:
        "logs/space/enumerate.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("space"),
        device=lookup(within=config, dpath="space/device"),
        scheme=lookup(within=config, dpath="space/scheme"),
    shell:
        "python -m {params.module} --device {params.device:q} --scheme {params.scheme:q}"
        " --out {output.space:q} 2> {log:q}"


rule space:
    input:
        rules.space_enumerate.output,
