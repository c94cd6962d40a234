"""The one command in front of what people use: ``graphx``, or ``python -m scripts.cli``."""
