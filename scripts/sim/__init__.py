"""graphx-sim: what a config will cost on a GPU, predicted before anything runs there."""
