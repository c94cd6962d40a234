"""Report: the figures of the results as JSON, the page in Markdown, the page to browse."""


rule report_summary:
    input:
        script="scripts/report/summary.py",
        # Of which tables it is made, the sections say.
        tables=derived(summary_sources()),
        spaces=spaces(),
        history=history(),
        correctness=correctness(),
        runs=datasets("runs.json"),
        study_runs=study("runs.json"),
        upstream="data/upstream.yaml",
        lock="envs/analysis.lock.txt",
        datasets=datasets(*MEASURED),
        costs=costs(),
        again=second_recordings(*MEASURED),
        learned=complete("trials.parquet"),
        compared=complete_again("trials.parquet"),
        rivals=rivals(),
        searched=study(*MEASURED),
        searched_ledgers=study_ledgers(),
        commands=tuned("tuned.json"),
        compiled=compiled(),
        spec=LOCKED_SPEC,
    output:
        summary="results/summary.json",
    log:
        "logs/report/summary.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/report/summary.py", "scripts/report/sections"),
        # The summary states their values.
        constants=code(*{one.file: None for one in CHOSEN}),
        sources=lookup(within=config, dpath="figures/sources"),
        gap_source=lookup(within=config, dpath="figures/gap_source"),
        gap_target=lookup(within=config, dpath="figures/gap_target"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
    shell:
        "python -m {params.module} --tables {input.tables:q} {input.spaces:q} {input.history:q}"
        " {input.correctness:q} {input.runs:q} {input.study_runs:q}"
        " --upstream {input.upstream:q} --lock {input.lock:q}"
        " --datasets {input.history:q} {input.datasets:q} {input.again:q}"
        " {input.learned:q} {input.compared:q} {input.correctness:q} {input.compiled:q}"
        " {input.costs:q} {input.rivals:q} {input.searched:q} {input.searched_ledgers:q}"
        " {input.commands:q}"
        " --sources {params.sources:q} --gap-source {params.gap_source:q}"
        " --gap-target {params.gap_target:q} --margin {params.margin:q}"
        " --level {params.level:q} --resamples {params.resamples:q}"
        " --out {output.summary:q} 2> {log:q}"


rule report_metrics:
    input:
        script="scripts/report/metrics.py",
        summary=rules.report_summary.output.summary,
    output:
        metrics="results/metrics.json",
    log:
        "logs/report/metrics.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/report/metrics.py", "scripts/report/sections"),
    shell:
        "python -m {params.module} --summary {input.summary:q} --out {output.metrics:q} 2> {log:q}"


rule report_results_md:
    input:
        script="scripts/report/results_md.py",
        summary=rules.report_summary.output.summary,
    output:
        page="results/RESULTS.md",
        details=expand("results/details/{name}.md", name=DETAILS),
    log:
        "logs/report/results_md.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/report/results_md.py", "scripts/report/sections"),
    shell:
        "python -m {params.module} --summary {input.summary:q} --out {output.page:q} 2> {log:q}"


rule report_html:
    input:
        script="scripts/report/html.py",
        summary=rules.report_summary.output.summary,
        tables=derived(page_sources()),
        cells=judged("cells.parquet"),
        quoted=[*derived(summary_sources()), *spaces()],
        figures=[f"results/figures/{name}.svg" for name in CAPTIONS],
    output:
        page="results/report.html",
    log:
        "logs/report/html.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("scripts/report/html.py", "scripts/report/sections"),
    shell:
        "python -m {params.module} --summary {input.summary:q}"
        " --tables {input.tables:q} {input.cells:q} --quoted {input.quoted:q}"
        " --figures {input.figures:q} --out {output.page:q} 2> {log:q}"


rule report:
    input:
        results_of("report"),
