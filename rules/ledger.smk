"""Check that the recorded ledgers are what their sweeps wrote."""


rule ledger_scan:
    input:
        script="scripts/ledger/scan.py",
        ledgers=ledgers(),
        spec=LOCKED_SPEC,
    output:
        ledger="results/tables/ledger/ledger.json",
    log:
        "logs/ledger/scan.log",
    # A step of two threads has to find two cores free at once. This one needs no other step and
    # holds them from the first moment; where it ends the next one begins (4 and 5), and so on,
    # with the short steps beside them, first those that a long one waits for (1).
    priority: 9
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        module=as_py_module(),
        # A recorded command must be one that its module still takes.
        code=code("scripts/ledger/scan.py", *COMMANDS),
    shell:
        "python -m {params.module} --ledger {input.ledgers:q} --out {output.ledger:q}"
        " --processes {threads} 2> {log:q}"


rule ledger:
    input:
        results_of("ledger"),
