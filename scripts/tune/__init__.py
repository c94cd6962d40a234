"""Tune a layer for a GPU: scripts.transfer asks, the worker of scripts.measure answers."""
