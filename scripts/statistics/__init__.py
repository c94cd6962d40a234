"""Statistics: paired comparisons, verdicts and bootstrap intervals over the recorded tables."""
