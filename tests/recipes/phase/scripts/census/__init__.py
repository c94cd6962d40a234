"""Count what the history holds."""
