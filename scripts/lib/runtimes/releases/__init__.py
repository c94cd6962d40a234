"""The runtimes' own functions, from released packages, to hold the rules against. Nothing of a
release is kept in this repository."""  # noqa: D205,D209
