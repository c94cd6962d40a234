"""The GPU as its driver sees it: identity, state, processes. Clocks are read, never set."""
