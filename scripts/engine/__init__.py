"""The engine room: vLLM's engine in a process of its own, booted, asked, timed and survived."""
