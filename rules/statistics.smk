"""Decide: the rules stand in rules/statistics/, a file for each kind of question."""


include: "statistics/recorded.smk"
include: "statistics/replayed.smk"
include: "statistics/triples.smk"
include: "statistics/searches.smk"
include: "statistics/live.smk"
include: "statistics/margins.smk"
include: "statistics/teaching.smk"


rule statistics:
    input:
        rules.statistics_gaps.output,
        rules.statistics_pairwise.output,
        rules.statistics_verdicts.output,
        rules.statistics_aggregate.output,
        rules.statistics_quality.output,
        rules.statistics_recorded.output,
        rules.statistics_coverage.output,
        rules.statistics_spread.output,
        rules.statistics_gains.output,
        rules.statistics_cost.output,
        rules.statistics_repeat.output,
        rules.statistics_triples.output,
        rules.statistics_breakdown.output,
        rules.statistics_revalidate.output,
        rules.statistics_losses.output,
        rules.statistics_headline.output,
        rules.statistics_calibration.output,
        rules.statistics_searches.output,
        rules.statistics_search_pairs.output,
        rules.statistics_search_choices.output,
        rules.statistics_live.output,
        rules.statistics_tuned.output,
        rules.statistics_aa_rates.output,
        rules.statistics_margins.output,
        rules.statistics_teaching.output,
