"""Measure on this machine's GPU. Part of a run in live mode only; the record is a source.

The ledger is no output: Snakemake removes the outputs of a job that it starts again, and a sweep
that was killed goes on from its ledger. A part of the plan is a job with a ledger of its own; on a
cluster they run side by side (profiles/slurm), on one machine one after the other.
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
    localrule: True
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
        plan=measured_plan(rules.measure_plan.output.plan),
    output:
        done=touch("build/live/swept-{part}-of-{parts}"),
    log:
        "logs/measure/sweep-{part}-of-{parts}.log",
    conda:
        "../envs/cuda.yaml"
    threads: 1024  # all there are: nothing may run beside a measurement
    resources:
        gpu=1,
    params:
        module=as_py_module(),
        ledger="build/live/ledger-{part}-of-{parts}.jsonl",
        share="{part}/{parts}",
        profile=lookup(within=config, dpath="measure/profile"),
        backend=lookup(within=config, dpath="measure/backend"),
        # A job that outlived the run that sent it may still be at work on this part.
        patience=86400,
    shell:
        "python -m {params.module} --plan {input.plan:q} --ledger {params.ledger:q}"
        " --share {params.share:q} --wait {params.patience} --profile {params.profile:q}"
        " --backend {params.backend:q} 2> {log:q}"


rule measure_scan:
    input:
        script="scripts/ledger/scan.py",
        swept=parts(rules.measure_sweep.output.done),
    output:
        "build/live/ledger.json",
    log:
        "logs/ledger/scan-live.log",
    localrule: True
    conda:
        "../envs/cuda.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/ledger/scan.py", *COMMANDS),
        ledgers=parts(rules.measure_sweep.params.ledger),
    shell:
        "python -m {params.module} --ledger {params.ledgers:q} --out {output:q} 2> {log:q}"


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
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/ledger/consolidate.py"),
        ledgers=parts(rules.measure_sweep.params.ledger),
        folder=subpath(output[0], parent=True),
    shell:
        "python -m {params.module} --ledger {params.ledgers:q} --out {params.folder:q} 2> {log:q}"
