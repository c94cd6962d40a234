"""Report: the figures of the results as JSON, the page in Markdown, the page to browse."""


rule report_summary:
    input:
        script="scripts/report/summary.py",
        history=history(),
        gaps=rules.statistics_gaps.output.gaps,
        recorded=rules.statistics_recorded.output.recorded,
        binaries=rules.statistics_recorded.output.binaries,
        coverage=rules.statistics_coverage.output.coverage,
        spread=rules.statistics_spread.output.spread,
        false_wins=rules.statistics_spread.output.false_wins,
        gains=rules.statistics_gains.output.gains,
        gain_rates=rules.statistics_gains.output.rates,
        headline=rules.statistics_headline.output.headline,
        headline_tests=rules.statistics_headline.output.tests,
        coverage_study=rules.statistics_calibration.output.study,
        cost=rules.statistics_cost.output.cost,
        quality=rules.statistics_quality.output.quality,
        rates=rules.statistics_aggregate.output.rates,
        repeat=rules.statistics_repeat.output.repeat,
        breakdowns=rules.statistics_breakdown.output.breakdowns,
        losses=rules.statistics_losses.output.losses,
        revalidation=rules.statistics_revalidate.output.revalidation,
        revalidation_rates=rules.statistics_revalidate.output.rates,
        premises=rules.statistics_revalidate.output.premises,
        space=rules.space_enumerate.output.space,
        space_counts=rules.space_counts.output.counts,
        space_sample=rules.space_counts.output.sample,
        legality=rules.space_legality.output.legality,
        triples_legality=rules.space_legality.output.triples,
        triples_predicted=rules.sim_triples.output.triples,
        sim_rates=rules.sim_evaluate.output.rates,
        search_rates=rules.statistics_searches.output.rates,
        search_costs=rules.statistics_searches.output.costs,
        search_pairs=rules.statistics_search_pairs.output.pairs,
        search_verdicts=rules.statistics_search_choices.output.verdicts,
        search_behind=rules.statistics_search_choices.output.behind,
        search_choices=rules.transfer_evaluate.output.choices,
        live_rates=rules.statistics_live.output.rates,
        live_losses=rules.statistics_live.output.losses,
        tuned=rules.statistics_tuned.output.tuned,
        tuned_cost=rules.statistics_tuned.output.cost,
        correctness=recorded(*CORRECTNESS),
        runs=datasets("runs.json"),
        study_runs=study("runs.json"),
        upstream="data/upstream.yaml",
        lock="envs/analysis.lock.txt",
        ledger=rules.ledger_scan.output.ledger,
        guardrails=rules.claims_guardrails.output.guardrails,
        datasets=datasets(*MEASURED),
        costs=costs(),
        again=second_recordings(*MEASURED),
        learned=trials_of("sim/datasets"),
        compared=trials_of("sim/repeats"),
        rivals=rivals(),
        searched=study(*MEASURED, *study_ledger_names()),
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
        code=code("report", "scripts/claims"),
        sources=lookup(within=config, dpath="figures/sources"),
        gap_source=lookup(within=config, dpath="figures/gap_source"),
        gap_target=lookup(within=config, dpath="figures/gap_target"),
        margin=locked("win_margin"),
        level=lookup(within=config, dpath="statistics/level"),
        resamples=lookup(within=config, dpath="statistics/resamples"),
    shell:
        "python -m {params.module} --history {input.history:q} --gaps {input.gaps:q}"
        " --recorded {input.recorded:q} --binaries {input.binaries:q}"
        " --coverage {input.coverage:q} --spread {input.spread:q}"
        " --false-wins {input.false_wins:q}"
        " --gains {input.gains:q} --gain-rates {input.gain_rates:q} --cost {input.cost:q}"
        " --headline {input.headline:q} --headline-tests {input.headline_tests:q}"
        " --coverage-study {input.coverage_study:q}"
        " --quality {input.quality:q} --rates {input.rates:q}"
        " --repeat {input.repeat:q} --breakdowns {input.breakdowns:q} --losses {input.losses:q}"
        " --revalidation {input.revalidation:q}"
        " --revalidation-rates {input.revalidation_rates:q} --premises {input.premises:q}"
        " --space {input.space:q}"
        " --space-counts {input.space_counts:q} --space-sample {input.space_sample:q}"
        " --legality {input.legality:q} --triples-legality {input.triples_legality:q}"
        " --triples-predicted {input.triples_predicted:q} --sim-rates {input.sim_rates:q}"
        " --search-rates {input.search_rates:q} --search-costs {input.search_costs:q}"
        " --search-pairs {input.search_pairs:q} --search-verdicts {input.search_verdicts:q}"
        " --search-behind {input.search_behind:q} --search-choices {input.search_choices:q}"
        " --live-rates {input.live_rates:q} --live-losses {input.live_losses:q}"
        " --tuned {input.tuned:q} --tuned-cost {input.tuned_cost:q}"
        " --correctness {input.correctness:q} --runs {input.runs:q} {input.study_runs:q}"
        " --upstream {input.upstream:q}"
        " --lock {input.lock:q} --ledger {input.ledger:q} --guardrails {input.guardrails:q}"
        " --datasets {input.history:q} {input.datasets:q} {input.again:q}"
        " {input.learned:q} {input.compared:q} {input.correctness:q} {input.compiled:q}"
        " {input.costs:q} {input.rivals:q} {input.searched:q} {input.commands:q}"
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
        coverage=rules.statistics_coverage.output.coverage,
        gains=rules.statistics_gains.output.gains,
        triples_legality=rules.space_legality.output.triples,
        triples_predicted=rules.sim_triples.output.triples,
        losses=rules.statistics_losses.output.losses,
        revalidation=rules.statistics_revalidate.output.revalidation,
        sim_cells=rules.sim_evaluate.output.cells,
        gate=rules.claims_gate.output.verdict,
        quoted=derived(rules.report_summary.input),
        search_rates=rules.statistics_searches.output.rates,
        search_choices=rules.transfer_evaluate.output.choices,
        live=rules.tune_live.output.live,
        figures=[
            rules.figures_searches.output.svg,
            rules.figures_live.output.svg,
            rules.figures_transferred.output.svg,
            rules.figures_classes.output.svg,
            rules.figures_cost.output.svg,
            rules.figures_curves.output.svg,
            rules.figures_sim.output.svg,
            rules.figures_spread.output.svg,
            rules.figures_headroom.output.svg,
            rules.figures_legality.output.svg,
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
        " --cells {input.cells:q} --coverage {input.coverage:q}"
        " --gains {input.gains:q} --triples-legality {input.triples_legality:q}"
        " --triples-predicted {input.triples_predicted:q} --losses {input.losses:q}"
        " --revalidation {input.revalidation:q} --sim-cells {input.sim_cells:q}"
        " --search-rates {input.search_rates:q} --search-choices {input.search_choices:q}"
        " --live {input.live:q} --gate {input.gate:q} --quoted {input.quoted:q}"
        " --figures {input.figures:q} --out {output.page:q} 2> {log:q}"


rule report:
    input:
        rules.report_summary.output,
        rules.report_results_md.output,
        rules.report_html.output,
