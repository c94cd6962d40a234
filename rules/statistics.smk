"""Decide: the rules stand in rules/statistics/, a file for each kind of question."""


include: "statistics/states.smk"
include: "statistics/recorded.smk"
include: "statistics/replayed.smk"
include: "statistics/triples.smk"
include: "statistics/searches.smk"
include: "statistics/live.smk"
include: "statistics/margins.smk"
include: "statistics/teaching.smk"
include: "statistics/foreseen.smk"
include: "statistics/agreement.smk"
include: "statistics/health.smk"
include: "statistics/scaling.smk"


rule statistics:
    input:
        results_of("statistics"),
