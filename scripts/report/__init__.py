"""Report: the machine-readable summary, the results page in Markdown and in HTML."""
