"""Report: the figures of the results as JSON, the page in Markdown, the page to browse."""


rule report_summary:
    input:
        script="scripts/report/summary.py",
        history=history(),
        gaps=rules.statistics_gaps.output.gaps,
        space=rules.space_enumerate.output.space,
        counts=rules.statistics_counts.output.counts,
        quality=rules.statistics_quality.output.quality,
        rates=rules.statistics_aggregate.output.rates,
        repeat=rules.statistics_repeat.output.repeat,
        runs=measured("runs.json"),
        upstream="data/upstream.yaml",
        lock="envs/analysis.lock.txt",
        datasets=measured(*MEASURED),
        again=measured_again(*MEASURED),
    output:
        summary="results/summary.json",
    log:
        "logs/report/summary.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("report"),
        sources=lookup(within=config, dpath="figures/sources"),
        gap_source=lookup(within=config, dpath="figures/gap_source"),
        gap_target=lookup(within=config, dpath="figures/gap_target"),
        margin=lookup(within=config, dpath="statistics/margin"),
        level=lookup(within=config, dpath="statistics/level"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
    shell:
        "python -m {params.module} --history {input.history:q} --gaps {input.gaps:q}"
        " --space {input.space:q} --counts {input.counts:q} --quality {input.quality:q}"
        " --rates {input.rates:q} --repeat {input.repeat:q} --runs {input.runs:q} --upstream {input.upstream:q}"
        " --lock {input.lock:q} --datasets {input.history:q} {input.datasets:q} {input.again:q}"
        " --sources {params.sources:q} --gap-source {params.gap_source:q}"
        " --gap-target {params.gap_target:q} --margin {params.margin:q}"
        " --level {params.level:q} --resamples {params.resamples:q}"
        " --out {output.summary:q} 2> {log:q}"


rule report_results_md:
    input:
        script="scripts/report/results_md.py",
        summary=rules.report_summary.output.summary,
    output:
        page="results/RESULTS.md",
    log:
        "logs/report/results_md.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("report"),
    shell:
        "python -m {params.module} --summary {input.summary:q} --out {output.page:q} 2> {log:q}"


rule report_html:
    input:
        script="scripts/report/html.py",
        summary=rules.report_summary.output.summary,
        pairwise=rules.statistics_pairwise.output.pairwise,
        cells=measured("cells.parquet"),
        figures=[
            rules.figures_transferred.output.svg,
            rules.figures_curves.output.svg,
            rules.figures_headroom.output.svg,
            rules.figures_gaps.output.svg,
        ],
    output:
        page="results/report.html",
    log:
        "logs/report/html.log",
    conda:
        "../envs/analysis.yaml"
    params:
        module=as_py_module(),
        code=code("report"),
    shell:
        "python -m {params.module} --summary {input.summary:q} --pairwise {input.pairwise:q}"
        " --cells {input.cells:q} --figures {input.figures:q} --out {output.page:q} 2> {log:q}"


rule report:
    input:
        rules.report_summary.output,
        rules.report_results_md.output,
        rules.report_html.output,
