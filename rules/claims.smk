"""Claims: rules of conduct that fail the build, and a config file that has to pass the gate."""


rule claims_guardrails:
    input:
        script="scripts/claims/guardrails.py",
        history=history(),
        triples=rules.corpus_build.output.triples,
        coverage=rules.statistics_coverage.output.coverage,
        recorded=rules.statistics_recorded.output.recorded,
        gaps=rules.statistics_gaps.output.gaps,
        rates=rules.statistics_aggregate.output.rates,
        verdicts=rules.statistics_verdicts.output.verdicts,
        false_wins=rules.statistics_spread.output.false_wins,
        ledger=rules.ledger_scan.output.ledger,
        runs=datasets("runs.json"),
        again=second_recordings("runs.json"),
        measured=datasets("cells.parquet", "trials.parquet"),
        measured_again=second_recordings("cells.parquet", "trials.parquet"),
        upstream="data/upstream.yaml",
        # Every recorded file is held against it.
        manifest="data/recorded/SHA256SUMS",
        spec=LOCKED_SPEC,
        registered=registrations(),
        judges=closure(Path(one) for one in (*JUDGES, *JUDGES_LIVE)),
    output:
        guardrails="results/tables/claims/guardrails.json",
    log:
        "logs/claims/guardrails.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/claims/guardrails.py"),
        devices=measured_devices(),
        elsewhere=lookup(within=config, dpath="space/triples_target"),
    shell:
        "python -m {params.module} --history {input.history:q} --triples {input.triples:q}"
        " --coverage {input.coverage:q} --recorded {input.recorded:q} --gaps {input.gaps:q}"
        " --rates {input.rates:q} --verdicts {input.verdicts:q}"
        " --false-wins {input.false_wins:q} --ledger {input.ledger:q} --runs {input.runs:q}"
        " --again {input.again:q} --upstream {input.upstream:q} --device {params.devices:q}"
        " --targets {params.devices:q} {params.elsewhere:q} --out {output.guardrails:q} 2> {log:q}"


rule claims_candidate:
    input:
        script="scripts/claims/candidate.py",
        gains=rules.statistics_gains.output.gains,
        baseline="data/baseline.csv",
        lock="data/baseline.lock.json",
        spec=LOCKED_SPEC,
    output:
        candidate="results/tables/claims/candidate.json",
    log:
        "logs/claims/candidate.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/claims/candidate.py"),
        layer=lookup(within=config, dpath="claims/layer"),
        dataset=judged_names(),
    shell:
        "python -m {params.module} --gains {input.gains:q} --dataset {params.dataset:q}"
        " --baseline {input.baseline:q} --layer {params.layer:q} --out {output.candidate:q}"
        " 2> {log:q}"


rule claims_gate:
    input:
        script="scripts/claims/gate.py",
        candidate=rules.claims_candidate.output.candidate,
        baseline="data/baseline.csv",
        lock="data/baseline.lock.json",
        finals=judged("finals.parquet"),
        beside=judged("cells.parquet", "trials.parquet"),
        space=measured_spaces(),
        spec=LOCKED_SPEC,
    output:
        verdict="results/tables/claims/gate.json",
    log:
        "logs/claims/gate.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/claims/gate.py"),
        layer=lookup(within=config, dpath="claims/layer"),
    shell:
        "python -m {params.module} --candidate {input.candidate:q} --baseline {input.baseline:q}"
        " --layer {params.layer:q} --finals {input.finals:q} --space {input.space:q}"
        " --claim kernel --judging-half --out {output.verdict:q} > {log:q} 2>&1"


rule claims:
    input:
        results_of("claims"),
