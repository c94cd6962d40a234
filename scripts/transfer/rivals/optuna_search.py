"""Optuna's tree-structured Parzen estimator (TPE), behind ask and tell."""

from __future__ import annotations

import warnings
from dataclasses import fields

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.legal import LegalSpace
from scripts.transfer.oracle import Trial
from scripts.transfer.rivals import run_number
from scripts.transfer.strategies.random_search import RandomSearch

PATIENCE = 10  # proposals in a row that cost nothing, after which a random one is asked for


class Tpe:
    """Multivariate TPE over the parameters that every legal config has, else with its defaults.

    A config outside the legal space is reported as pruned, a known one with its known latency:
    neither is asked of the GPU. TPE may propose such configs for ever; after ``PATIENCE`` of them
    in a row the next legal config of a random order is put in.
    """

    def __init__(self, legal: LegalSpace, cell: Cell, seed: int) -> None:
        self._legal = legal
        self._rest = RandomSearch(legal, cell, seed)
        values = {
            field.name: {getattr(config, field.name) for config in legal.configs}
            for field in fields(Config)
        }
        self._space: dict[str, BaseDistribution] = {
            name: CategoricalDistribution(sorted(found))
            for name, found in values.items()
            if None not in found
        }
        self._known: dict[Config, float | None] = {}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=run_number(cell, seed), multivariate=True)
        self._study = optuna.create_study(sampler=sampler)
        self._open: optuna.trial.Trial | None = None

    def ask(self) -> Config | None:
        """The next untried legal config; None once all are tried."""
        if len(self._known) == len(self._legal):
            return None
        for _ in range(PATIENCE):
            config = self._propose()
            if config is not None:
                return config
        fresh = self._rest.ask()
        while fresh in self._known:
            fresh = self._rest.ask()
        self._study.enqueue_trial({name: getattr(fresh, name) for name in self._space})
        return self._propose()

    def _propose(self) -> Config | None:
        """A config to try, or None if the proposal could be answered at once."""
        trial = self._study.ask(self._space)
        config = Config(**trial.params)
        if config in self._legal.index and config not in self._known:
            self._open = trial
            return config
        self._answer(trial, self._known.get(config))
        return None

    def tell(self, config: Config, trial: Trial) -> None:
        """Pass the latency on; a failure counts as pruned."""
        assert self._open is not None, "tell follows ask"
        self._known[config] = trial.latency_us
        self._answer(self._open, trial.latency_us)

    def _answer(self, asked: optuna.trial.Trial, latency_us: float | None) -> None:
        if latency_us is None:
            self._study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        else:
            self._study.tell(asked, latency_us)
