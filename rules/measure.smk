"""Measure on this machine's GPU. Part of a run in live mode only; the record is a source.

The ledger is no output: Snakemake removes the outputs of a job that it starts again, and a sweep
that was killed goes on from its ledger.
"""


rule measure_plan:
    input:
        script="scripts/measure/plan.py",
        space=wanted_space(),
        proposals=rules.transfer_propose.output.proposals,
    output:
        plan="build/live/plan.parquet",
    log:
        "logs/measure/plan.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/measure/plan.py"),
        seed=lookup(within=config, dpath="measure/seed"),
    shell:
        "python -m {params.module} --space {input.space:q} --proposals {input.proposals:q}"
        " --seed {params.seed:q} --out {output.plan:q} 2> {log:q}"


rule measure_sweep:
    input:
        script="scripts/measure/sweep.py",
        plan=rules.measure_plan.output.plan,
    output:
        done=touch("build/live/swept"),
    log:
        "logs/measure/sweep.log",
    conda:
        "../envs/cuda.yaml"
    threads: 1024  # all there are: nothing may run beside a measurement
    params:
        module=as_py_module(),
        ledger="build/live/ledger.jsonl",
        profile=lookup(within=config, dpath="measure/profile"),
    shell:
        "python -m {params.module} --plan {input.plan:q} --ledger {params.ledger:q}"
        " --profile {params.profile:q} 2> {log:q}"


rule measure_scan:
    input:
        script="scripts/ledger/scan.py",
        swept=rules.measure_sweep.output.done,
    output:
        "build/live/ledger.json",
    log:
        "logs/ledger/scan-live.log",
    conda:
        "../envs/cuda.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/ledger/scan.py", *COMMANDS),
        ledger=rules.measure_sweep.params.ledger,
    shell:
        "python -m {params.module} --ledger {params.ledger:q} --out {output:q} 2> {log:q}"


rule measure_consolidate:
    input:
        script="scripts/ledger/consolidate.py",
        scanned=rules.measure_scan.output,
    output:
        expand(
            "build/live/measured/{dataset}/{name}",
            dataset=lookup(within=config, dpath="measure/dataset"),
            name=MEASURED,
        ),
    log:
        "logs/ledger/consolidate.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/ledger/consolidate.py"),
        ledger=rules.measure_sweep.params.ledger,
        folder=subpath(output[0], parent=True),
    shell:
        "python -m {params.module} --ledger {params.ledger:q} --out {params.folder:q} 2> {log:q}"
